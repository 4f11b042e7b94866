package io.conntrack.packaging.random;

import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.RealChurn;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.util.stream.IntStream;

/** What {@link Soak} puts on host A: flows that come and go, and floods. Used by one thread. */
final class SoakLoad implements AutoCloseable {
  private static final int CONNECTIONS_PER_SECOND = 5_000;

  /** Of them; one thread opens no more on a busy machine. */
  private static final int REAL_PER_SECOND = 200;

  private static final int WINDOW_FLOWS = 10_000;
  private static final int SERVERS = 200;
  private static final int CLIENTS = 50;
  private static final int FIRST_PORT = 10_000;
  private static final int PORTS = 45_000;
  private static final int STANDING_FLOWS = 2_000;

  /** Forged SYNs: so many a second, each of another client, which the kernel forgets soon. */
  private static final int FLOOD_PER_SECOND = 10_000;

  private static final int FLOOD_BATCH = 1_000;
  private static final int FORGOTTEN_S = 5;
  private static final SyntheticFlow SYN =
      SyntheticFlow.of(Tuple.tcp("172.16.0.0", FIRST_PORT, Hosts.A_IPV4, 443))
          .state(TcpState.SYN_SENT)
          .status(0)
          .timeoutSeconds(FORGOTTEN_S);

  private final Hosts hosts;
  private Thread churn;
  private RealChurn real;
  private int next;
  private int forged;

  SoakLoad(Hosts hosts) {
    this.hosts = hosts;
  }

  /** Flows of every kind, of whom some are there all the time. */
  void createStanding() {
    try (FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(
          IntStream.range(0, STANDING_FLOWS)
              .mapToObj(index -> flow(index, "198.18.0.", "10.8.0.")));
    }
  }

  void start() {
    int from = next;
    churn = hosts.a().start("churn", () -> run(from));
    real = RealChurn.start(hosts.a(), hosts.b(), Hosts.B_IPV4, REAL_PER_SECOND);
  }

  private void run(int from) {
    try (FlowWriter writer = FlowWriter.open()) {
      Churn flows =
          new Churn(
              index -> flow(from + index, "198.51.100.", "10.8.1."),
              WINDOW_FLOWS,
              CONNECTIONS_PER_SECOND - REAL_PER_SECOND);
      flows.run(writer, Integer.MAX_VALUE - from);
    }
  }

  /**
   * One in three is forwarded, one in eight is UDP, of the others one in ten is translated, and one
   * in sixteen is in a zone.
   */
  private static SyntheticFlow flow(int index, String servers, String translated) {
    String client = index % 3 == 0 ? "10.9.0." + (1 + index / 3 % CLIENTS) : Hosts.A_IPV4;
    int port = FIRST_PORT + index % PORTS;
    String server = servers + (1 + index % SERVERS);
    if (index % 8 == 1) {
      return SyntheticFlow.of(Tuple.udp(client, port, server, 53));
    }
    SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(client, port, server, 443));
    if (index % 10 == 5) {
      String real = translated + (1 + index % 20);
      flow = flow.reply(Tuple.tcp(client, port, real, 8443).reversed());
    }
    return index % 16 == 3 ? flow.zone(1, SyntheticFlow.ZoneDirection.BOTH) : flow;
  }

  boolean isAlive() {
    return churn.isAlive();
  }

  /** For a second. */
  void flood() {
    try (FlowWriter writer = FlowWriter.in(hosts.a())) {
      for (int batch = 0; batch < FLOOD_PER_SECOND / FLOOD_BATCH; batch++) {
        int from = forged;
        writer.create(IntStream.range(from, from + FLOOD_BATCH).mapToObj(SYN::client));
        forged += FLOOD_BATCH;
      }
    }
  }

  /** All that came is gone when it returns, but what the kernel keeps of real connections. */
  void stop() throws InterruptedException {
    churn.interrupt();
    churn.join();
    real.close();
    real = null;
    next += WINDOW_FLOWS * 2; // so that no tuple comes again at once
  }

  @Override
  public void close() {
    if (real != null) {
      churn.interrupt();
      real.close();
    }
  }
}
