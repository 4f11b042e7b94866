package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.LocalPorts;
import io.conntrack.aggregator.state.TableState;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.Traffic;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The local ports that connections to one server take. The kernel is the witness: it refuses a
 * connection that finds no port.
 */
@KernelTest
class LocalPortsTest {
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final String RANGE = "net.ipv4.ip_local_port_range";
  private static final String OPTION = "--local-ports=100";

  private static Census census(RunningReader reader) {
    return reader.observe().connections().census();
  }

  /** A scrape begins with a resync at most once a second. */
  private static void awaitPorts(RunningReader reader, LocalPorts... expected) {
    Await.untilEqual("local ports", List.of(expected), () -> census(reader).localPorts());
  }

  private static LocalPorts dialled(String host, String address, int used) {
    return new LocalPorts(host, address, false, TCP, used);
  }

  @Test
  void aConnectionFailsForWantOfAPortJustWhenAllAreUsed() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b())) {
      hosts.a().sysctl(RANGE, "20000 20499");
      ServerSocket server = fromB.listen(B_IPV4, 3306);
      ServerSocket another = fromB.listen(B_IPV4, 3307);
      try (RunningReader reader = RunningReader.in(hosts.a(), OPTION);
          RunningReader without = RunningReader.in(hosts.a())) {
        assertThat(census(reader).localPortsLimit()).isEqualTo(500);
        for (int i = 0; i < 100; i++) {
          fromA.connect(server);
        }
        assertThat(census(reader).localPorts()).as("not above the share").isEmpty();
        Connection last = null;
        for (int i = 100; i < 500; i++) {
          last = fromA.connect(server);
        }
        awaitPorts(reader, dialled(B_IPV4 + ":3306", A_IPV4, 500));
        assertThatThrownBy(() -> fromA.connect(server))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Cannot assign requested address");
        assertThat(census(without).localPorts()).isEmpty();
        assertThat(census(without).localPortsLimit()).isZero();

        for (int i = 0; i < 101; i++) {
          fromA.connect(another); // each server has all ports
        }
        last.reset(); // which the kernel remembers for ten seconds
        awaitPorts(
            reader, dialled(B_IPV4 + ":3306", A_IPV4, 499), dialled(B_IPV4 + ":3307", A_IPV4, 101));
        fromA.connect(server);
        assertThatThrownBy(() -> fromA.connect(server))
            .hasMessageContaining("Cannot assign requested address");
        awaitPorts(
            reader, dialled(B_IPV4 + ":3306", A_IPV4, 500), dialled(B_IPV4 + ":3307", A_IPV4, 101));
      }
    }
  }

  @Test
  void portsThatAreReservedAreNotGivenAndThoseThatAProgramChoosesAreNotTaken() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b())) {
      hosts.a().sysctl(RANGE, "20000 20199");
      hosts.a().sysctl("net.ipv4.ip_local_reserved_ports", "20000-20049");
      ServerSocket server = fromB.listen(B_IPV4, 3306);
      try (RunningReader reader =
          RunningReader.in(hosts.a(), OPTION, "--ignore-hosts=" + B_IPV4 + ":3307")) {
        for (int i = 0; i < 150; i++) {
          fromA.connect(server);
        }
        assertThatThrownBy(() -> fromA.connect(server))
            .hasMessageContaining("Cannot assign requested address");
        hosts
            .a()
            .sh(
                """
                python3 - <<'PROGRAM'
                import socket
                for port in (999, 20010, 30000):
                  s = socket.socket()
                  s.bind(("%s", port))
                  s.connect(("%s", 3306))
                PROGRAM
                """
                    .formatted(A_IPV4, B_IPV4));
        ServerSocket ignored = fromB.listen(B_IPV4, 3307);
        for (int i = 0; i < 120; i++) {
          fromA.connect(ignored);
        }
        assertThat(census(reader).localPortsLimit()).isEqualTo(150);
        awaitPorts(reader, dialled(B_IPV4 + ":3306", A_IPV4, 150));
      }
    }
  }

  /** NAT has 120 ports of the address that hides the clients: the next connection finds none. */
  @Test
  void sourceNatTakesPortsOfTheAddressThatHidesTheClients() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromServer = Traffic.in(hosts.server())) {
      hosts
          .router()
          .nft(
              """
              table ip hide {
                chain leaving {
                  type nat hook postrouting priority srcnat;
                  ip daddr %s tcp dport 3306 masquerade to :40000-40119
                  ip daddr %s udp dport 53 masquerade
                }
              }
              """
                  .formatted(RoutedHosts.SERVER_IPV4, RoutedHosts.SERVER_IPV4));
      ServerSocket server = fromServer.listen(RoutedHosts.SERVER_IPV4, 3306);
      String host = RoutedHosts.SERVER_IPV4;
      try (RunningReader reader = RunningReader.in(hosts.router(), OPTION);
          RunningReader both = RunningReader.in(hosts.router(), OPTION, "--protocols=tcp,udp")) {
        for (int i = 0; i < 120; i++) {
          fromClient.connect(server);
        }
        for (int i = 0; i < 101; i++) {
          fromClient.send(host, 53);
        }
        LocalPorts tcp =
            new LocalPorts(host + ":3306", RoutedHosts.ROUTER_FAR_IPV4, true, TCP, 120);
        LocalPorts udp = new LocalPorts(host + ":53", RoutedHosts.ROUTER_FAR_IPV4, true, UDP, 101);
        awaitPorts(reader, tcp);
        awaitPorts(both, tcp, udp);

        fromClient.connectUnanswered(host, 3306); // NAT has no port, and drops it
        Thread.sleep(1_500);
        awaitPorts(reader, tcp);
        assertThat(census(reader).table().count(0, TableState.TCP_SYN_SENT)).isZero();
      }
    }
  }
}
