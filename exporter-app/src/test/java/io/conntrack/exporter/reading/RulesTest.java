package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.exporter.rules.RulesStatus;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rules make of real connections, and rules that change while connections come and go. */
@KernelTest
class RulesTest {
  /** To one of 16 servers; flows that stay, and flows that come and go. */
  private static final int FLOWS = 20_000;

  private static final int CHURN_FLOWS = 40_000;
  private static final int CHURN_FLOWS_PER_SECOND = 15_000;

  @TempDir private Path folder;
  private Path rules;
  private String option;

  @BeforeEach
  void name() {
    rules = folder.resolve("rules.yaml");
    option = "--rules=" + rules;
  }

  private void write(String text) throws IOException {
    Files.writeString(rules, text);
  }

  @Test
  void groupsAreThereWithoutConnectionsInTheOwnNamespaceAndFollowTheFile() throws Exception {
    try (Namespace own = Namespace.create();
        Namespace other = Namespace.create()) {
      write("rules: [{port: 80, group: web}]");
      try (RunningReader reader = RunningReader.in(own, option, "--netns=x=" + other.path())) {
        assertThat(reader.hosts()).isEqualTo(Map.of("web", "0 0 0 0"));
        assertThat(reader.otherHosts()).isEqualTo(Map.of("x", Map.of()));

        write("rules: [{port: 80, group: web}, {port: 443, group: secure}]");
        reader.awaitHosts(Map.of("web", "0 0 0 0", "secure", "0 0 0 0"));
        write("rules: [{port: 443, group: secure}]");
        reader.awaitHosts(Map.of("secure", "0 0 0 0"));
      }
    }
  }

  @Test
  void eachActionDoesWhatItSaysToRealConnections() throws Exception {
    long beganUnixMs = System.currentTimeMillis();
    try (Hosts hosts = Hosts.create();
        Traffic ofA = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b())) {
      ServerSocket[] ipv4 = new ServerSocket[5];
      for (int i = 0; i < ipv4.length; i++) {
        ipv4[i] = ofB.listen(Hosts.B_IPV4, 0);
      }
      ServerSocket ipv6 = ofB.listen(Hosts.B_IPV6, 0);
      write(
          """
          rules:
            - {port: %d, network: [10.77.0.2, 192.0.2.0/24], group: payments-db}
            - {port: [1, %d], action: keep}
            - {port: %d, protocol: tcp, action: drop-port}
            - {port: %d, direction: outbound, action: ignore}
            - {direction: inbound, group: clients of ours}
            - prefix: {ipv4: 16, ipv6: 48}
          """
              .formatted(
                  ipv4[0].getLocalPort(),
                  ipv4[1].getLocalPort(),
                  ipv4[2].getLocalPort(),
                  ipv4[3].getLocalPort()));
      ByteArrayOutputStream log = new ByteArrayOutputStream();
      try (RunningReader reader = RunningReader.in(hosts.a(), log, option, "--log-events")) {
        for (ServerSocket server : ipv4) {
          ofA.connect(server);
          ofA.connect(server);
        }
        ofA.connect(ipv6);
        ofB.connect(ofA.listen(Hosts.A_IPV4, 0));

        reader.awaitHosts(
            Map.of(
                "payments-db",
                "0 2 0 0",
                "10.77.0.2:" + ipv4[1].getLocalPort(),
                "0 2 0 0",
                "10.77.0.2",
                "0 2 0 0",
                "10.77.0.0/16",
                "0 2 0 0",
                "fd77::/48",
                "0 1 0 0",
                "clients of ours",
                "0 1 0 0"));
        assertThat(reader.observe().connections().ignoredFlows()).isEqualTo(2);
        RulesStatus status = reader.observe().rules().orElseThrow();
        assertThat(status).isEqualTo(new RulesStatus(6, true, status.lastGoodUnixMs(), 1, 0));
        assertThat(status.lastGoodUnixMs()).isBetween(beganUnixMs, System.currentTimeMillis());
      }
      assertThat(log.toString(StandardCharsets.UTF_8))
          .contains("dport=" + ipv4[0].getLocalPort() + " ")
          .doesNotContain("dport=" + ipv4[3].getLocalPort() + " ");
    }
  }

  @Test
  void aProtocolIsACondition() throws Exception {
    write(
        """
        rules:
          - {protocol: udp, port: 1-65535, group: datagrams}
          - {protocol: icmp, group: pings}
        """);
    try (Hosts hosts = Hosts.create();
        Traffic ofA = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b());
        RunningReader reader = RunningReader.in(hosts.a(), option, "--protocols=tcp,udp,icmp")) {
      ofA.exchange(ofB.bind(Hosts.B_IPV4, 0));
      ofA.echo(Hosts.B_IPV4);
      ServerSocket server = ofB.listen(Hosts.B_IPV4, 0);
      ofA.connect(server);

      Await.until(
          "the hosts shown",
          () -> reader.hosts().keySet(),
          Set.of("datagrams udp", "pings icmp", "10.77.0.2:" + server.getLocalPort() + " tcp")
              ::equals);
    }
  }

  @Test
  void aForwardedConnectionIsMatchedByItsServerBehindNat() throws Exception {
    write(
        """
        rules:
          - {direction: forwarded, network: 10.78.0.2, port: 8080, group: behind}
          - {direction: inbound, port: 80, group: in}
        """);
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromServer = Traffic.in(hosts.server());
        RunningReader router = RunningReader.in(hosts.router(), option)) {
      hosts.forwardPort(80, 8080);
      ServerSocket server = fromServer.listen(RoutedHosts.SERVER_IPV4, 8080);
      fromClient.connect(server);
      fromClient.connect(RoutedHosts.ROUTER_IPV4, 80, server);

      router.awaitHosts(Map.of("behind", "0 1 0 0", "in", "0 1 0 0"));
    }
  }

  @Test
  void afterAChangeOfRulesFlowsThatSendNoEventsAreShownByTheNewOnesAndABadFileChangesNothing()
      throws Exception {
    write("rules: [{port: 443, group: web}]");
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      namespace.sh("ip address add 10.5.0.1/32 dev lo");
      writer.create(flows(0, FLOWS));
      try (RunningReader reader =
          RunningReader.in(namespace, option, "--endpoint-retention=0s", "--resync-interval=24h")) {
        reader.awaitHosts(Map.of("web", "0 20000 0 0"));

        write("rules: [{network: 10.6.0.0/16, prefix: 29}]");
        reader.awaitHosts(Map.of("10.6.0.0/29", "0 10000 0 0", "10.6.0.8/29", "0 10000 0 0"));
        assertThat(reader.statistics().resyncs()).containsEntry(ResyncReason.RULES, 1L);

        write("rules: [{network: 10.6.0.0/16, prefix: 99}]");
        Await.untilEqual("success", false, () -> reader.observe().rules().get().lastReadGood());
        writer.create(SyntheticFlow.of(Tuple.tcp("10.5.0.1", 9, "10.6.0.1", 443)));
        reader.awaitHosts(Map.of("10.6.0.0/29", "0 10001 0 0", "10.6.0.8/29", "0 10000 0 0"));
      }
    }
  }

  @Test
  void rulesThatChangeUnderLoadLoseNoFlowAndShowNoneTwice() throws Exception {
    String[] versions = {
      "rules: [{network: 10.6.0.0/29, group: low}, {network: 10.6.0.8/29, group: high}]",
      "rules: [{port: 443, group: high}]",
      "rules: [{network: 10.6.0.0/30, action: ignore}, {action: drop-port}]",
      "rules: []"
    };
    write(versions[0]);
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      namespace.sh("ip address add 10.5.0.1/32 dev lo; ip address add 10.5.0.2/32 dev lo");
      writer.create(flows(0, FLOWS));
      try (RunningReader reader =
          RunningReader.in(namespace, option, "--endpoint-retention=0s", "--max-endpoints=1000")) {
        Thread load =
            namespace.start(
                "load",
                () -> {
                  try (FlowWriter ofLoad = FlowWriter.open()) {
                    new Churn(i -> flow(FLOWS + i), 4_000, CHURN_FLOWS_PER_SECOND)
                        .run(ofLoad, CHURN_FLOWS);
                  }
                });
        for (int version = 1; load.isAlive() || version < versions.length; version++) {
          long expected = reader.observe().rules().orElseThrow().good() + 1;
          write(versions[version % versions.length]);
          Await.until(
              "the rules to be read again",
              () -> {
                assertEachFlowIsShownOnce(reader.observe().connections());
                return reader.observe().rules().orElseThrow().good() == expected;
              });
        }
        load.join();
        write("rules: [{direction: outbound, group: all}]");
        reader.awaitHosts(Map.of("all", "0 20000 0 0"));
        assertThat(reader.statistics().events().undecodable()).isZero();
      }
    }
  }

  private static void assertEachFlowIsShownOnce(Snapshot snapshot) {
    Set<String> hosts = new HashSet<>();
    long sum = 0;
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      assertThat(hosts.add(snapshot.labels(i))).as(snapshot.labels(i)).isTrue();
      for (ConnectionState state : ConnectionState.values()) {
        sum += snapshot.connections(i, state);
      }
    }
    assertThat(sum).isEqualTo(snapshot.countedFlows());
    // Those that stay, and at most a window of the load's: two steps may be in the making.
    assertThat(sum + snapshot.ignoredFlows()).isBetween((long) FLOWS, FLOWS + 6_000L);
  }

  private static Stream<SyntheticFlow> flows(int from, int to) {
    return IntStream.range(from, to).mapToObj(RulesTest::flow);
  }

  /** The first FLOWS are those that stay. */
  private static SyntheticFlow flow(int number) {
    String source = number < FLOWS ? "10.5.0.1" : "10.5.0.2";
    int port = 10_000 + number % FLOWS;
    return SyntheticFlow.of(Tuple.tcp(source, port, "10.6.0." + number % 16, 443));
  }
}
