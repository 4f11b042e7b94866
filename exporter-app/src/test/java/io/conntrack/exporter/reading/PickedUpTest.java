package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * After {@code conntrack -F} the kernel picks connections up in mid-stream, and takes who speaks
 * first for the client (nf_conntrack_tcp_loose).
 */
@KernelTest
class PickedUpTest {
  @Test
  void aConnectionThatTheServerSpeaksOnFirstIsStillInboundFromItsClient() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b());
        RunningReader b =
            RunningReader.in(hosts.b(), "--direction-label", "--endpoint-retention=0s")) {
      ServerSocket server = fromB.listen(B_IPV4, 7777);
      for (int i = 0; i < 3; i++) {
        Connection connection = fromA.connect(server);
        connection.server().getOutputStream().write(1);
      }
      b.awaitHosts(Map.of("inbound " + A_IPV4, "0 3 0 0"));
      Connection last = fromA.connect(server);
      hosts.b().sh("conntrack -F");
      b.awaitHosts(Map.of());

      last.server().getOutputStream().write(1);
      b.awaitHosts(Map.of("inbound " + A_IPV4, "0 1 0 0"));
    }
  }

  @Test
  void soItIsAfterItsServerHasStoppedListening() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b())) {
      ServerSocket server = fromB.listen(B_IPV4, 7777);
      try (RunningReader b =
          RunningReader.in(hosts.b(), "--direction-label", "--resync-interval=200ms")) {
        Connection connection = fromA.connect(server);
        b.awaitHosts(Map.of("inbound " + A_IPV4, "0 1 0 0"));
        hosts.b().sh("conntrack -F");
        server.close();
        long begun = resyncs(b);
        Await.until("two resyncs after that", () -> resyncs(b) >= begun + 2);
        connection.server().getOutputStream().write(1);

        b.awaitHosts(Map.of("inbound " + A_IPV4, "0 1 0 0"));
      }
    }
  }

  private static long resyncs(RunningReader reader) {
    return reader.statistics().resyncs().values().stream().mapToLong(count -> count).sum();
  }

  @Test
  void aConnectionThatThisHostOpensFromAPortThatNobodyListensOnIsOutbound() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b());
        RunningReader b = RunningReader.in(hosts.b(), "--direction-label")) {
      fromB.listen(B_IPV4, 7777);
      fromB.connect(fromA.listen(A_IPV4, 40_448));

      b.awaitHosts(Map.of("outbound " + A_IPV4 + ":40448", "0 1 0 0"));
    }
  }
}
