package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.A_IPV6;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What this host answers for is not only the addresses of its interfaces. */
@KernelTest
class OwnAddressesTest {
  private static final String ANY_IPV4 = "198.51.100.7";
  private static final String ANY_IPV6 = "2001:db8:7::7";

  @Test
  void clientsOfAnAddressThatOnlyALocalRouteHasAreInbound() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b())) {
      hosts.b().sysctl("net.ipv6.ip_nonlocal_bind", 1); // for the server; IPv4 has no need of it
      hosts
          .b()
          .sh(
              "ip route add local 198.51.100.0/24 dev lo;"
                  + " ip -6 route add local 2001:db8:7::/48 dev lo");
      hosts
          .a()
          .sh(
              "ip route add 198.51.100.0/24 via %s; ip -6 route add 2001:db8:7::/48 via %s"
                  .formatted(B_IPV4, B_IPV6));
      try (RunningReader b = RunningReader.in(hosts.b(), "--direction-label")) {
        fromA.connect(fromB.listen(ANY_IPV4, 8080));
        fromA.connect(fromB.listen(ANY_IPV6, 8080));

        b.awaitHosts(Map.of("inbound " + A_IPV4, "0 1 0 0", "inbound " + A_IPV6, "0 1 0 0"));
      }
    }
  }

  @Test
  void aLocalRouteThatComesOrGoesMovesItsConnections() throws Exception {
    SyntheticFlow toHere = SyntheticFlow.of(Tuple.tcp("10.6.0.1", 40000, ANY_IPV4, 443));
    SyntheticFlow fromHere = SyntheticFlow.of(Tuple.tcp(ANY_IPV4, 40000, "10.6.0.2", 443));
    Map<String, String> forwarded =
        Map.of("forwarded " + ANY_IPV4 + ":443", "0 1 0 0", "forwarded 10.6.0.2:443", "0 1 0 0");
    try (Namespace namespace = Namespace.create();
        RunningReader reader =
            RunningReader.in(namespace, "--direction-label", "--endpoint-retention=0s");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(toHere, fromHere);
      reader.awaitHosts(forwarded);

      namespace.sh("ip route add local 198.51.100.0/24 dev lo table 10");
      reader.awaitHosts(Map.of("inbound 10.6.0.1", "0 1 0 0", "outbound 10.6.0.2:443", "0 1 0 0"));

      namespace.sh("ip route del local 198.51.100.0/24 dev lo table 10");
      reader.awaitHosts(forwarded);
    }
  }

  @Test
  void whatANeighbourSendsToAllOrToAGroupIsInboundFromItAndOutboundForTheSender() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        RunningReader a = RunningReader.in(hosts.a(), "--protocols=udp", "--direction-label");
        RunningReader b = RunningReader.in(hosts.b(), "--protocols=udp", "--direction-label")) {
      hosts
          .a()
          .sh(
              "device=$(ip -o -4 addr show to %s | cut -d' ' -f2);".formatted(A_IPV4)
                  + " ip route add 224.0.0.0/4 dev $device;"
                  + " ip route add 255.255.255.255 dev $device");
      fromA.send("10.77.0.255", 5353);
      fromA.send("255.255.255.255", 5353);
      fromA.send("224.0.0.1", 5353);

      b.awaitHosts(Map.of("inbound " + A_IPV4, "3 0 0 0"));
      a.awaitHosts(
          Map.of(
              "outbound 10.77.0.255:5353", "1 0 0 0",
              "outbound 255.255.255.255:5353", "1 0 0 0",
              "outbound 224.0.0.1:5353", "1 0 0 0"));
    }
  }

  @Test
  void theDefaultRouteOfATransparentProxyLeavesDirectionsAsTheyAre() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b())) {
      hosts.b().sh("ip rule add fwmark 1 lookup 100; ip route add local default dev lo table 100");
      ServerSocket server = fromB.listen(B_IPV4, 8080);
      try (RunningReader b = RunningReader.in(hosts.b(), "--direction-label")) {
        fromA.connect(server);

        b.awaitHosts(Map.of("inbound " + A_IPV4, "0 1 0 0"));
      }
    }
  }
}
