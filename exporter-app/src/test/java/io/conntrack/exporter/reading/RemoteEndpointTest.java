package io.conntrack.exporter.reading;

import static io.conntrack.testbed.RoutedHosts.CLIENT_IPV4;
import static io.conntrack.testbed.RoutedHosts.CLIENT_IPV6;
import static io.conntrack.testbed.RoutedHosts.ROUTER_FAR_IPV4;
import static io.conntrack.testbed.RoutedHosts.ROUTER_IPV4;
import static io.conntrack.testbed.RoutedHosts.ROUTER_IPV6;
import static io.conntrack.testbed.RoutedHosts.SERVER_IPV4;
import static io.conntrack.testbed.RoutedHosts.SERVER_IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.SyntheticFlow.ZoneDirection;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which end of a connection is shown. */
@KernelTest
class RemoteEndpointTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));

  @Test
  void behindDestinationNatEachHostShowsTheEndThatItKnows() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromServer = Traffic.in(hosts.server());
        RunningReader client = RunningReader.in(hosts.client());
        RunningReader router = RunningReader.in(hosts.router());
        RunningReader server = RunningReader.in(hosts.server())) {
      hosts.forwardPort(80, 8080);
      ServerSocket ipv4 = fromServer.listen(SERVER_IPV4, 8080);
      ServerSocket ipv6 = fromServer.listen(SERVER_IPV6, 8080);
      fromClient.connect(ROUTER_IPV4, 80, ipv4);
      fromClient.connect(ROUTER_IPV6, 80, ipv6);

      client.awaitHosts(
          Map.of(ROUTER_IPV4 + ":80", "0 1 0 0", "[" + ROUTER_IPV6 + "]:80", "0 1 0 0"));
      router.awaitHosts(Map.of(CLIENT_IPV4, "0 1 0 0", CLIENT_IPV6, "0 1 0 0"));
      server.awaitHosts(Map.of(CLIENT_IPV4, "0 1 0 0", CLIENT_IPV6, "0 1 0 0"));
    }
  }

  @Test
  void aForwardedConnectionShowsItsServer() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromServer = Traffic.in(hosts.server());
        RunningReader router = RunningReader.in(hosts.router())) {
      fromClient.connect(fromServer.listen(SERVER_IPV4, 8080));

      router.awaitHosts(Map.of(SERVER_IPV4 + ":8080", "0 1 0 0"));
    }
  }

  @Test
  void theDirectionsCanBeToldApart() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromRouter = Traffic.in(hosts.router());
        Traffic fromServer = Traffic.in(hosts.server());
        RunningReader client = RunningReader.in(hosts.client(), "--direction-label");
        RunningReader router = RunningReader.in(hosts.router(), "--direction-label");
        RunningReader server = RunningReader.in(hosts.server(), "--direction-label")) {
      ServerSocket ipv4 = fromServer.listen(SERVER_IPV4, 8080);
      fromClient.connect(ipv4);
      fromRouter.connect(ipv4);
      fromClient.connect(fromRouter.listen(ROUTER_IPV6, 8080));

      client.awaitHosts(
          Map.of(
              "outbound " + SERVER_IPV4 + ":8080", "0 1 0 0",
              "outbound [" + ROUTER_IPV6 + "]:8080", "0 1 0 0"));
      router.awaitHosts(
          Map.of(
              "forwarded " + SERVER_IPV4 + ":8080", "0 1 0 0",
              "outbound " + SERVER_IPV4 + ":8080", "0 1 0 0",
              "inbound " + CLIENT_IPV6, "0 1 0 0"));
      server.awaitHosts(
          Map.of("inbound " + CLIENT_IPV4, "0 1 0 0", "inbound " + ROUTER_FAR_IPV4, "0 1 0 0"));
    }
  }

  @Test
  void zonesCanBeToldApartByTheirNumbers() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b());
        RunningReader reader = RunningReader.in(hosts.a(), "--zones");
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      hosts
          .a()
          .nft(
              """
              table inet zones {
                chain out { type filter hook output priority raw; tcp dport 8443 ct zone set 7; }
                chain in { type filter hook prerouting priority raw; tcp sport 8443 ct zone set 7; }
              }
              """);
      fromA.connect(fromB.listen(Hosts.B_IPV4, 8443));
      fromA.connect(fromB.listen(Hosts.B_IPV4, 8080));
      writer.create(FLOW, FLOW.client(1).zone(65_535, ZoneDirection.ORIGINAL));

      reader.awaitHosts(
          Map.of(
              "7 " + Hosts.B_IPV4 + ":8443",
              "0 1 0 0",
              "0 " + Hosts.B_IPV4 + ":8080",
              "0 1 0 0",
              "0 10.6.0.1:443",
              "0 1 0 0",
              "65535 10.6.0.1:443",
              "0 1 0 0"));
    }
  }

  @Test
  void theClientPortsOfInboundConnectionsAreShownOnlyWhenAskedFor() throws Exception {
    SyntheticFlow inbound = SyntheticFlow.of(Tuple.tcp("10.6.0.1", 51234, "127.0.0.1", 443));
    try (Namespace namespace = Namespace.create();
        RunningReader without = RunningReader.in(namespace);
        RunningReader with = RunningReader.in(namespace, "--client-ports");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(inbound);

      without.awaitHosts(Map.of("10.6.0.1", "0 1 0 0"));
      with.awaitHosts(Map.of("10.6.0.1:51234", "0 1 0 0"));
    }
  }

  @Test
  void flowsOfTheSameTupleInDifferentZonesAreDifferentFlows() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace);
        FlowWriter writer = FlowWriter.in(namespace)) {
      SyntheticFlow both = FLOW.zone(7, ZoneDirection.BOTH);
      SyntheticFlow original =
          FLOW.zone(8, ZoneDirection.ORIGINAL)
              .reply(Tuple.tcp("10.6.0.1", 443, "10.5.0.1", 40001)); // the reply is in zone 0
      writer.create(FLOW, both, original);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 3 0 0"));

      writer.delete(original);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 2 0 0"));
      writer.delete(both);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0"));
    }
  }

  @Test
  void whenAnAddressComesOrGoesItsConnectionsAreShownByTheOtherEndAndNoneIsCountedTwice()
      throws Exception {
    SyntheticFlow ipv6 =
        SyntheticFlow.of(Tuple.tcp("2001:db8::5", 40000, "2001:db8::6", 443))
            .reply(Tuple.tcp("2001:db8::7", 8443, "2001:db8::5", 40000));
    SyntheticFlow ipv4 = FLOW.reply(Tuple.tcp("10.7.0.1", 8443, "10.5.0.1", 40000));
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace, "--endpoint-retention=0s");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(ipv4, ipv6);
      Map<String, String> forwarded =
          Map.of("10.7.0.1:8443", "0 1 0 0", "[2001:db8::7]:8443", "0 1 0 0");
      reader.awaitHosts(forwarded);

      namespace.sh("ip addr add 10.5.0.1/24 dev lo; ip addr add 2001:db8::5/64 dev lo nodad");
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0", "[2001:db8::6]:443", "0 1 0 0"));

      namespace.sh("ip addr del 10.5.0.1/24 dev lo; ip addr del 2001:db8::5/64 dev lo");
      reader.awaitHosts(forwarded);
      assertThat(reader.statistics().resyncs().get(ResyncReason.ADDRESSES)).isPositive();
    }
  }

  @Test
  void anEndpointWithoutConnectionsStaysAtZeroForItsRetentionAndThenGoes() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace, "--endpoint-retention=2s");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(FLOW);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0"));
      writer.delete(FLOW);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 0 0 0"));
      long emptyNs = System.nanoTime();

      Await.until("the endpoint to disappear", () -> reader.hosts().isEmpty());
      assertThat(System.nanoTime() - emptyNs).isBetween(1_500_000_000L, 4_000_000_000L);
    }
  }
}
