package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long real connections took to open, and how long they lived. */
@KernelTest
class ConnectionTimesTest {
  private static final int PORT = 8080;
  private static final String HOST = B_IPV4 + ":" + PORT;

  /** By when events are read, not by the kernel's clock: how much later that may be. */
  private static final double READ_LATE_S = 0.5;

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;

  @BeforeEach
  void start() {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
  }

  @AfterEach
  void stop() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  private static long count(RunningReader reader, Timing timing, String host) {
    Snapshot snapshot = reader.observe().connections();
    int row = row(snapshot, host);
    return row < 0 ? 0 : snapshot.times(timing).count(row);
  }

  private static double sum(RunningReader reader, Timing timing, String host) {
    Snapshot snapshot = reader.observe().connections();
    return snapshot.times(timing).sum(row(snapshot, host));
  }

  private static int row(Snapshot snapshot, String host) {
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      if (snapshot.labels(i).equals(host)) {
        return i;
      }
    }
    return -1;
  }

  private static void awaitCount(RunningReader reader, Timing timing, String host, long expected) {
    Await.untilEqual(timing + " of " + host, expected, () -> count(reader, timing, host));
  }

  private static double seconds(long sinceNs) {
    return (System.nanoTime() - sinceNs) / 1e9;
  }

  /** With the kernel's clock, and without. */
  @ParameterizedTest
  @ValueSource(ints = {1, 0})
  void bothEndsTimeTheConnection(int timestamps) throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_timestamp", timestamps);
    hosts.b().sysctl("net.netfilter.nf_conntrack_timestamp", timestamps);
    double late = timestamps == 1 ? 0 : READ_LATE_S;
    try (RunningReader a = RunningReader.in(hosts.a(), "--histograms");
        RunningReader b = RunningReader.in(hosts.b(), "--histograms")) {
      ServerSocket server = fromB.listen(B_IPV4, PORT);
      long beganNs = System.nanoTime();
      Connection connection = fromA.connect(server);
      double setup = seconds(beganNs);
      awaitCount(a, Timing.SETUP, HOST, 1);
      awaitCount(b, Timing.SETUP, A_IPV4, 1);
      double lived = seconds(beganNs);
      connection.close();
      awaitCount(a, Timing.DURATION, HOST, 1);
      awaitCount(b, Timing.DURATION, A_IPV4, 1);

      assertThat(sum(a, Timing.SETUP, HOST)).isBetween(0.0, setup + late);
      assertThat(sum(b, Timing.SETUP, A_IPV4)).isBetween(0.0, setup + late);
      assertThat(sum(a, Timing.DURATION, HOST)).isBetween(lived - setup - late, seconds(beganNs));
      assertThat(sum(b, Timing.DURATION, A_IPV4)).isBetween(lived - setup - late, seconds(beganNs));
    }
  }

  /** What arrives is dropped, until the client sends its first packet once more, a second later. */
  @Test
  void whatWaitsForTheFirstPacketToBeSentAgainTookASecond() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_timestamp", 1);
    try (RunningReader reader = RunningReader.in(hosts.a(), "--histograms")) {
      fromB.dropRequests(PORT);
      ServerSocket server = fromB.listen(B_IPV4, PORT);
      long beganNs = System.nanoTime();
      fromA.connectUnanswered(B_IPV4, PORT);
      fromB.dropNoMore();
      server.accept().close();
      awaitCount(reader, Timing.SETUP, HOST, 1);

      assertThat(sum(reader, Timing.SETUP, HOST)).isBetween(0.9, seconds(beganNs));
      Histograms histograms = reader.observe().connections().times(Timing.SETUP);
      histograms.forEach(
          row(reader.observe().connections(), HOST),
          (column, count) ->
              assertThat(Math.pow(2, Timing.SETUP.bucket(column) / 4.0)).isBetween(0.9, 20.0));
    }
  }

  /** It sends events only where they are on before anybody listens. */
  @Test
  void whatWasThereAtTheStartHasLivedSinceTheKernelSays() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_events", 1);
    hosts.a().sysctl("net.netfilter.nf_conntrack_timestamp", 1);
    long beganNs = System.nanoTime();
    Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
    double setup = seconds(beganNs);
    try (RunningReader reader = RunningReader.in(hosts.a(), "--histograms")) {
      double lived = seconds(beganNs);
      connection.close();
      awaitCount(reader, Timing.DURATION, HOST, 1);

      assertThat(sum(reader, Timing.DURATION, HOST)).isBetween(lived - setup, seconds(beganNs));
      assertThat(count(reader, Timing.SETUP, HOST)).isZero();
    }
  }

  @Test
  void whatNeverOpenedHasNeither() throws Exception {
    try (RunningReader reader = RunningReader.in(hosts.a(), "--histograms")) {
      fromA.connectRefused(B_IPV4, PORT);
      fromA.connect(fromB.listen(B_IPV4, PORT + 1)).reset();
      awaitCount(reader, Timing.DURATION, B_IPV4 + ":" + (PORT + 1), 1);

      assertThat(count(reader, Timing.SETUP, HOST)).isZero();
      assertThat(count(reader, Timing.DURATION, HOST)).isZero();
    }
  }
}
