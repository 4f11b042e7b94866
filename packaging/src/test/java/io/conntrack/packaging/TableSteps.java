package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The kernel's table changes in ways that events do not tell, or tell late. */
final class TableSteps {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int CONNECTIONS = 60;
  private static final int TIMEOUT_S = 2;
  private static final int SILENT_PORT = 9;
  private static final int FIRST_CLIENT_PORT = 20_000;
  private static final int REUSES = 5;
  private static final SyntheticFlow SHORT_LIVED =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10000, "203.0.113.1", 443))
          .timeoutSeconds(TIMEOUT_S);

  private final ChaosHosts hosts;
  private final int flows;
  private final Trial trial;

  private TableSteps(ChaosHosts hosts, Scale scale, Trial trial) {
    this.hosts = hosts;
    this.flows = scale.flows();
    this.trial = trial;
  }

  static void run(ChaosReport report, Scale scale) throws Exception {
    try (ChaosHosts hosts = new ChaosHosts()) {
      List<Connection> old = new ArrayList<>();
      hosts.beforeAnyoneListens(() -> {
        old.addAll(hosts.connect(CONNECTIONS));
        hosts.writer.create(ChaosHosts.FLOWS.mixed(scale.flows()));
      });
      try (Trial trial =
          Trial.start(hosts, report, "--resync-interval=" + scale.resyncInterval())) {
        TableSteps steps = new TableSteps(hosts, scale, trial);
        steps.oldFlowsEnd(old);
        steps.entriesExpire();
        steps.connectionsTimeOut();
        steps.tuplesAreUsedAgain();
        steps.eventsGoAndCome();
        steps.deleteAndFlush("");
      }
      hosts.writer.create(ChaosHosts.FLOWS.mixed(scale.flows()));
      try (Trial trial =
          Trial.start(
              hosts, report, "--no-events", "--resync-interval=" + scale.resyncInterval())) {
        new TableSteps(hosts, scale, trial).deleteAndFlush("--no-events: ");
      }
    }
  }

  /** They are older than the program, so that the kernel sends no event of them. */
  private void oldFlowsEnd(List<Connection> old) throws Exception {
    ChaosReport.Row row =
        trial.step(
            "flows older than the program close, are reset, go",
            () -> {
              for (int i = 0; i < old.size(); i++) {
                switch (i % 3) {
                  case 0 -> old.get(i).close();
                  case 1 -> old.get(i).reset();
                  default -> old.get(i).halfCloseServer();
                }
              }
              hosts.writer.delete(ChaosHosts.FLOWS.outbound(flows / 4));
            });
    assertThat(row.events()).isZero();
  }

  /** Read by nobody but the program: reading the table lets the kernel collect them. */
  private void entriesExpire() throws Exception {
    trial.step(
        "entries expire, and the kernel has not collected them",
        () -> {
          hosts.writer.create(IntStream.range(0, flows / 4).mapToObj(SHORT_LIVED::client));
          trial.awaitShown("203.0.113.1:443", new Connections(0, flows / 4, 0, 0));
          trial.awaitShown("203.0.113.1:443", Connections.NO);
        });
  }

  private void connectionsTimeOut() throws Exception {
    hosts.setting("tcp_timeout_syn_sent", TIMEOUT_S);
    hosts.setting("tcp_timeout_time_wait", TIMEOUT_S);
    ServerSocket server = hosts.ofB.listen(Hosts.B_IPV4, 0);
    hosts.ofB.dropRequests(SILENT_PORT);
    trial.step(
        "connections time out, unanswered and in TIME_WAIT",
        () -> {
          List<SocketChannel> unanswered = new ArrayList<>();
          for (int i = 0; i < CONNECTIONS; i++) {
            unanswered.add(hosts.ofA.connectUnanswered(Hosts.B_IPV4, SILENT_PORT));
            hosts.ofA.connect(server).close();
          }
          for (SocketChannel channel : unanswered) {
            channel.close(); // or it would ask again
          }
          awaitGone(SILENT_PORT);
          awaitGone(server.getLocalPort());
        });
  }

  private void awaitGone(int port) {
    Await.untilEqual("entries to port " + port, 0L, () -> entries(port));
  }

  private long entries(int port) {
    return ConntrackTable.of(hosts.a())
        .tcp()
        .filter(entry -> entry.original().destinationPort() == port)
        .count();
  }

  private void tuplesAreUsedAgain() throws Exception {
    hosts.setting("tcp_timeout_time_wait", ChaosHosts.REMEMBERED_S);
    ServerSocket server = hosts.ofB.listen(Hosts.B_IPV4, 0);
    ChaosReport.Row row =
        trial.step(
            "tuples are used again in TIME_WAIT, and after deletion",
            () -> {
              for (int i = 0; i < REUSES; i++) {
                for (int port = 0; port < CONNECTIONS; port++) {
                  connectAndClose(FIRST_CLIENT_PORT + port, server);
                }
                hosts.writer.create(ChaosHosts.FLOWS.outbound(flows / 4));
                hosts.writer.delete(ChaosHosts.FLOWS.outbound(flows / 4));
              }
            });
    assertThat(row.events()).isGreaterThan(2L * REUSES * CONNECTIONS);
  }

  /** The server closes first, so that the client's port is free again at once. */
  private void connectAndClose(int clientPort, ServerSocket server) throws IOException {
    try (Socket client = hosts.a().call(() -> connect(clientPort, server))) {
      server.accept().close();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  private static Socket connect(int clientPort, ServerSocket server) throws IOException {
    Socket client = new Socket();
    client.setReuseAddress(true);
    client.bind(new InetSocketAddress(InetAddress.ofLiteral(Hosts.A_IPV4), clientPort));
    client.connect(server.getLocalSocketAddress(), (int) LIMIT.toMillis());
    return client;
  }

  private void eventsGoAndCome() throws Exception {
    SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10000, "203.0.113.2", 443));
    ChaosReport.Row row =
        trial.step(
            "nf_conntrack_events=0, flows come",
            () -> {
              hosts.setting("events", 0);
              hosts.writer.create(IntStream.range(0, flows / 4).mapToObj(flow::client));
              hosts.connect(CONNECTIONS);
            });
    assertThat(row.events()).isZero();
    trial.step(
        "nf_conntrack_events=2, those flows go, others come",
        () -> {
          hosts.setting("events", 2);
          hosts.writer.delete(IntStream.range(0, flows / 4).mapToObj(flow::client));
          hosts.connect(CONNECTIONS);
        });
  }

  private void deleteAndFlush(String prefix) throws Exception {
    trial.step(
        prefix + "conntrack -D deletes a part",
        () -> hosts.a().sh("conntrack -D -p tcp --dport 443"));
    trial.step(
        prefix + "flows come",
        () ->
            hosts.writer.create(
                IntStream.range(0, flows / 2)
                    .mapToObj(i -> SHORT_LIVED.client(i).timeoutSeconds(3600))));
    trial.step(prefix + "conntrack -F flushes the table", () -> hosts.a().sh("conntrack -F"));
  }
}
