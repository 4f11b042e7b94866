package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EndpointResolverTest {
  private static final LocalAddresses LOCAL =
      Flows.local("10.0.0.1", "127.0.0.1", "2001:db8::10", "::1");

  private static final ServicePorts LISTENED_ON = new ServicePorts(ports(7777, 8888));

  private static BitSet ports(int... numbers) {
    BitSet ports = new BitSet();
    IntStream.of(numbers).forEach(ports::set);
    return ports;
  }

  private static final EndpointOptions WITH_CLIENT_PORTS =
      new EndpointOptions(true, false, false, false, NatView.DEFAULT, false, false, false);
  private static final EndpointOptions BY_PROTOCOL =
      new EndpointOptions(true, false, true, false, NatView.DEFAULT, false, false, false);
  private static final EndpointOptions BY_ZONE =
      new EndpointOptions(false, false, false, true, NatView.DEFAULT, false, false, false);
  private static final EndpointOptions BY_DIRECTION =
      new EndpointOptions(false, true, false, false, NatView.DEFAULT, false, false, false);

  @Test
  void anOutboundFlowIsToItsOriginalDestination() {
    assertThat(remoteOf(Flows.tcp("10.0.0.1 40000", "10.0.1.5 3306", ESTABLISHED)))
        .isEqualTo("10.0.1.5:3306");
    assertThat(remoteOf(Flows.tcp("2001:db8::10 40000", "2001:db8::1 443", ESTABLISHED)))
        .isEqualTo("[2001:db8::1]:443");
  }

  @Test
  void whereNatSendsAnOutboundFlowDoesNotMatter() {
    Flow flow =
        Flows.natted(
            "10.0.0.1 40000", "10.96.0.1 443", "10.0.7.7 6443", "10.0.0.1 40000", ESTABLISHED);

    assertThat(remoteOf(flow)).isEqualTo("10.96.0.1:443");
  }

  @Test
  void anInboundFlowIsFromItsClientWithoutTheEphemeralPort() {
    Flow flow = Flows.tcp("10.0.9.9 51234", "10.0.0.1 80", ESTABLISHED);

    assertThat(remoteOf(flow)).isEqualTo("10.0.9.9");
    assertThat(remoteOf(flow, WITH_CLIENT_PORTS)).isEqualTo("10.0.9.9:51234");
    assertThat(remoteOf(Flows.tcp("2001:db8::1 51234", "2001:db8::10 80", ESTABLISHED)))
        .isEqualTo("2001:db8::1");
  }

  @Test
  void anInboundFlowThatNatSentHereIsFromItsClientToo() {
    Flow flow =
        Flows.natted(
            "10.0.9.9 51234", "192.0.2.1 80", "10.0.0.1 8080", "10.0.9.9 51234", ESTABLISHED);

    assertThat(remoteOf(flow)).isEqualTo("10.0.9.9");
    assertThat(remoteOf(flow, WITH_CLIENT_PORTS)).isEqualTo("10.0.9.9:51234");
  }

  @Test
  void aForwardedFlowIsToTheRealServerBehindNat() {
    Flow flow =
        Flows.natted(
            "10.0.9.9 51234", "192.0.2.1 80", "172.17.0.2 8080", "10.0.9.9 51234", ESTABLISHED);

    assertThat(remoteOf(flow)).isEqualTo("172.17.0.2:8080");
    assertThat(remoteOf(flow, WITH_CLIENT_PORTS)).isEqualTo("172.17.0.2:8080");
  }

  @Test
  void aFlowFromThisHostToItselfIsToItsDestination() {
    assertThat(remoteOf(Flows.tcp("127.0.0.1 40000", "127.0.0.1 80", ESTABLISHED)))
        .isEqualTo("127.0.0.1:80");
  }

  @Test
  void whatIsSentToAGroupIsInboundFromOthersAndOutboundFromHere() {
    for (String group : List.of("224.0.0.251 5353", "255.255.255.255 5353")) {
      assertThat(remoteOf(Flows.tcp("10.0.9.9 5353", group, ESTABLISHED), BY_DIRECTION))
          .isEqualTo("inbound 10.0.9.9");
      assertThat(remoteOf(Flows.tcp("10.0.0.1 5353", group, ESTABLISHED), BY_DIRECTION))
          .isEqualTo("outbound " + group.replace(' ', ':'));
    }
    Flow flow = Flows.tcp("2001:db8::1 5353", "ff02::fb 5353", ESTABLISHED);
    assertThat(remoteOf(flow, BY_DIRECTION)).isEqualTo("inbound 2001:db8::1");
    assertThat(remotesOf(NatView.REAL, flow)).containsExactly("inbound 2001:db8::1");
  }

  @Test
  void aFlowThatTheKernelPickedUpFromAServerHereIsFromItsClient() {
    String server = "10.0.0.1 7777";
    assertThat(remoteOf(Flows.tcp(server, "10.0.9.9 40448", ESTABLISHED), BY_DIRECTION))
        .isEqualTo("inbound 10.0.9.9");
    assertThat(remoteOf(Flows.tcp(server, "10.0.9.9 40448", ESTABLISHED), WITH_CLIENT_PORTS))
        .isEqualTo("10.0.9.9:40448");
    assertThat(remoteOf(Flows.tcp("10.0.0.1 7778", "10.0.9.9 40448", ESTABLISHED), BY_DIRECTION))
        .as("where nobody listens")
        .isEqualTo("outbound 10.0.9.9:40448");
    assertThat(remoteOf(Flows.tcp("10.0.9.9 7777", "10.0.1.5 40448", ESTABLISHED), BY_DIRECTION))
        .as("of other hosts nothing is known")
        .isEqualTo("forwarded 10.0.1.5:40448");
    Flow udp = Flows.tcp(server, "10.0.9.9 40448", ESTABLISHED);
    udp.protocol = 17;
    assertThat(remoteOf(udp, BY_DIRECTION)).isEqualTo("outbound 10.0.9.9:40448");
  }

  @Test
  void aFlowToThisHostItselfThatWasPickedUpIsToItsServer() {
    assertThat(remoteOf(Flows.tcp("127.0.0.1 7777", "127.0.0.1 40448", ESTABLISHED), BY_DIRECTION))
        .isEqualTo("outbound 127.0.0.1:7777");
    assertThat(remoteOf(Flows.tcp("127.0.0.1 7777", "127.0.0.1 8888", ESTABLISHED), BY_DIRECTION))
        .as("both are servers' ports")
        .isEqualTo("outbound 127.0.0.1:8888");
  }

  @Test
  void endpointsCanBeToldApartByDirection() {
    String server = "10.0.1.5 3306";
    assertThat(remoteOf(Flows.tcp("10.0.0.1 40000", server, ESTABLISHED), BY_DIRECTION))
        .isEqualTo("outbound 10.0.1.5:3306");
    assertThat(remoteOf(Flows.tcp("10.0.9.9 40000", server, ESTABLISHED), BY_DIRECTION))
        .isEqualTo("forwarded 10.0.1.5:3306");
    assertThat(remoteOf(Flows.tcp(server, "10.0.0.1 80", ESTABLISHED), BY_DIRECTION))
        .isEqualTo("inbound 10.0.1.5");
  }

  @Test
  void endpointsCanBeToldApartByProtocolAndIcmpHasNoPort() {
    Flow outbound = Flows.tcp("10.0.0.1 40000", "10.0.1.5 2048", ESTABLISHED);
    Flow inbound = Flows.tcp("2001:db8::1 40000", "2001:db8::10 32768", ESTABLISHED);
    assertThat(remoteOf(outbound, BY_PROTOCOL)).isEqualTo("10.0.1.5:2048 tcp");
    outbound.protocol = 17;
    assertThat(remoteOf(outbound, BY_PROTOCOL)).isEqualTo("10.0.1.5:2048 udp");
    outbound.protocol = 132;
    assertThat(remoteOf(outbound, BY_PROTOCOL)).isEqualTo("10.0.1.5:2048 sctp");
    outbound.protocol = 1;
    assertThat(remoteOf(outbound, BY_PROTOCOL)).isEqualTo("10.0.1.5 icmp");
    inbound.protocol = 58;
    assertThat(remoteOf(inbound, BY_PROTOCOL)).isEqualTo("2001:db8::1 icmp");
  }

  @Test
  void endpointsCanBeToldApartByZone() {
    Flow flow = Flows.tcp("10.0.0.1 40000", "10.0.1.5 3306", ESTABLISHED);
    assertThat(remoteOf(flow, BY_ZONE)).isEqualTo("0 10.0.1.5:3306");
    flow.zone = 65_535;
    assertThat(remoteOf(flow, BY_ZONE)).isEqualTo("65535 10.0.1.5:3306");
  }

  @Test
  void ofAServerBehindNatTheRealOneOrTheOneDialledOrBothCanBeShown() {
    String here = "10.0.0.1 40000";
    String client = "10.0.9.9 51234";
    String dialled = "192.0.2.1 80";
    String real = "172.17.0.2 8080";
    Flow outbound = Flows.natted(here, dialled, real, here, ESTABLISHED);
    Flow forwarded = Flows.natted(client, dialled, real, client, ESTABLISHED);
    Flow sentOn = Flows.natted(client, "10.0.0.1 80", real, client, ESTABLISHED);
    Flow inbound = Flows.natted(client, dialled, "10.0.0.1 8080", client, ESTABLISHED);

    assertThat(remotesOf(NatView.DEFAULT, outbound, forwarded, sentOn, inbound))
        .containsExactly(
            "outbound 192.0.2.1:80",
            "forwarded 172.17.0.2:8080",
            "inbound 10.0.9.9",
            "inbound 10.0.9.9");
    assertThat(remotesOf(NatView.REAL, outbound, forwarded, sentOn, inbound))
        .containsExactly(
            "outbound 172.17.0.2:8080",
            "forwarded 172.17.0.2:8080",
            "forwarded 172.17.0.2:8080",
            "inbound 10.0.9.9");
    assertThat(remotesOf(NatView.SERVICE, outbound, forwarded, sentOn, inbound))
        .containsExactly(
            "outbound 192.0.2.1:80",
            "forwarded 192.0.2.1:80",
            "forwarded 10.0.0.1:80",
            "inbound 10.0.9.9");
    assertThat(remotesOf(NatView.BOTH, outbound, forwarded, sentOn, inbound))
        .containsExactly(
            "outbound 172.17.0.2:8080 192.0.2.1:80",
            "forwarded 172.17.0.2:8080 192.0.2.1:80",
            "forwarded 172.17.0.2:8080 10.0.0.1:80",
            "inbound 10.0.9.9");
  }

  private static List<String> remotesOf(NatView nat, Flow... flows) {
    EndpointOptions options =
        new EndpointOptions(false, true, false, false, nat, false, false, false);
    return Stream.of(flows).map(flow -> remoteOf(flow, options)).toList();
  }

  @Test
  void beforeTheAddressesAreKnownEveryFlowIsTakenForAForwardedOne() {
    try (EndpointTable endpoints = new EndpointTable(10, 0, EndpointOptions.HOST_ALONE, false)) {
      EndpointResolver resolver =
          new EndpointResolver(endpoints, IgnoredHosts.NONE, EndpointOptions.HOST_ALONE);
      Flow flow = Flows.tcp("10.0.9.9 51234", "10.0.0.1 80", ESTABLISHED);

      assertThat(label(endpoints, resolver.resolve(flow, flow.tcpState, FlowEntry.NO_ENDPOINT)))
          .isEqualTo("10.0.0.1:80");
      resolver.localAddresses(LOCAL);
      assertThat(label(endpoints, resolver.resolve(flow, flow.tcpState, FlowEntry.NO_ENDPOINT)))
          .isEqualTo("10.0.9.9");
    }
  }

  private static String remoteOf(Flow flow) {
    return remoteOf(flow, EndpointOptions.HOST_ALONE);
  }

  private static String remoteOf(Flow flow, EndpointOptions options) {
    try (EndpointTable endpoints = new EndpointTable(10, 0, options, false)) {
      EndpointResolver resolver = new EndpointResolver(endpoints, IgnoredHosts.NONE, options);
      resolver.localAddresses(LOCAL);
      resolver.servicePorts(LISTENED_ON);
      return label(endpoints, resolver.resolve(flow, flow.tcpState, FlowEntry.NO_ENDPOINT));
    }
  }

  /** The endpoint's label, by way of a snapshot in which it alone has a connection. */
  private static String label(EndpointTable endpoints, int endpoint) {
    endpoints.add(endpoint, ConnectionState.OPEN);
    Snapshot snapshot =
        endpoints.snapshot(new Snapshot.Totals(1, 0, 0, 0, endpoints.inUse(), Census.NONE));
    endpoints.remove(endpoint, ConnectionState.OPEN);
    return Snapshots.byLabels(snapshot).entrySet().stream()
        .filter(host -> host.getValue().equals("0 1 0 0"))
        .findAny()
        .orElseThrow()
        .getKey();
  }
}
