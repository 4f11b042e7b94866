package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.FIN_WAIT;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Flows by the end that opened them, beside their endpoints. */
class SourcesTest {
  private static final long RETENTION_MS = 300_000;
  private static final int UDP = 17;
  private static final String SERVER = "10.1.0.1 80";
  private static final EndpointOptions LABELS =
      new EndpointOptions(false, true, true, true, NatView.DEFAULT, false, false, false);
  private static final EndpointOptions TRAFFIC =
      new EndpointOptions(false, false, false, false, NatView.DEFAULT, false, true, false);

  private FlowTracker tracker = tracker(EndpointOptions.HOST_ALONE, SourceView.ADDRESS, 1_000);
  private long nowMs;

  private static FlowTracker tracker(EndpointOptions options, SourceView view, int maxSources) {
    FlowTracker tracker =
        new FlowTracker(
            new TrackerOptions(
                100_000,
                10_000,
                RETENTION_MS,
                options,
                IgnoredHosts.NONE,
                view,
                maxSources,
                0,
                false));
    tracker.localAddresses(Flows.local("10.0.0.1", "2001:db8::1"));
    tracker.openEpoch();
    tracker.closeEpoch();
    return tracker;
  }

  private void use(FlowTracker other) {
    tracker.close();
    tracker = other;
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  @Test
  void theSourceIsTheOriginalOneBeforeNatWithoutItsPort() {
    tracker.onNew(Flows.natted("10.9.0.1 5555", SERVER, SERVER, "192.0.2.1 40000", ESTABLISHED));
    tracker.onNew(
        Flows.natted("10.9.0.1 5556", "10.1.0.2 80", "10.1.0.2 80", "192.0.2.1 40001", FIN_WAIT));

    assertThat(sources()).isEqualTo(Map.of("10.9.0.1", "0 1 1 0"));
    assertThat(Snapshots.byLabels(tracker.snapshot(nowMs)))
        .isEqualTo(Map.of("10.1.0.1:80", "0 1 0 0", "10.1.0.2:80", "0 0 1 0"));
  }

  @Test
  void connectionsThatThisHostOpensHaveOneSource() {
    tracker.onNew(Flows.tcp("10.0.0.1 5555", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("2001:db8::1 5555", "2001:db8::2 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", "10.0.0.1 80", ESTABLISHED));

    assertThat(sources()).isEqualTo(Map.of("self", "1 1 0 0", "10.9.0.1", "0 1 0 0"));
  }

  @Test
  void ofAConnectionThatWasPickedUpFromTheServersSideTheClientIsTheSource() {
    BitSet ports = new BitSet();
    ports.set(443);
    tracker.servicePorts(new ServicePorts(ports));
    tracker.onNew(Flows.tcp("10.0.0.1 443", "10.9.0.1 5555", ESTABLISHED));

    assertThat(sources()).isEqualTo(Map.of("10.9.0.1", "0 1 0 0"));
  }

  @Test
  void anIpv6SourceIsItsAddressOrIfAskedForItsNetwork() {
    Flow one = Flows.tcp("2001:db8:7::1 5555", "2001:db8::2 80", ESTABLISHED);
    Flow another = Flows.tcp("2001:db8:7::2 5555", "2001:db8::2 80", ESTABLISHED);
    Flow ipv4 = Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED);
    tracker.onNew(one);
    tracker.onNew(another);
    assertThat(sources().keySet()).containsExactly("2001:db8:7::1", "2001:db8:7::2");

    use(tracker(EndpointOptions.HOST_ALONE, SourceView.PREFIX, 1_000));
    tracker.onNew(one);
    tracker.onNew(another);
    tracker.onNew(ipv4);
    assertThat(sources()).isEqualTo(Map.of("2001:db8:7::/64", "0 2 0 0", "10.9.0.1", "0 1 0 0"));
  }

  @Test
  void theLabelsAreThoseOfEndpoints() {
    use(tracker(LABELS, SourceView.ADDRESS, 1_000));
    Flow flow = Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED);
    flow.zone = 7;
    tracker.onNew(flow);
    tracker.onNew(Flows.tcp("10.0.0.1 5555", SERVER, ESTABLISHED));
    Flow udp = Flows.tcp("10.9.0.1 5555", "10.0.0.1 53", SYN_SENT);
    udp.protocol = UDP;
    tracker.onNew(udp);

    assertThat(tracker.snapshot(nowMs).sources().orElseThrow().labelNames())
        .containsExactly("ct_zone", "direction", "protocol", "source");
    assertThat(sources())
        .isEqualTo(
            Map.of(
                "7 forwarded tcp 10.9.0.1", "0 1 0 0",
                "0 outbound tcp self", "0 1 0 0",
                "0 inbound udp 10.9.0.1", "1 0 0 0"));
  }

  @Test
  void anIgnoredRemoteHostIsIgnoredAtItsSourceToo() {
    use(
        new FlowTracker(
            new TrackerOptions(
                100,
                100,
                RETENTION_MS,
                EndpointOptions.HOST_ALONE,
                new IgnoredHosts(List.of(network("10.1.0.1", 32))),
                SourceView.ADDRESS,
                100,
                0,
                false)));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", "10.1.0.2 80", ESTABLISHED));
    tracker.onDestroy(Flows.tcp("10.9.0.1 5555", SERVER, CLOSE));

    assertThat(sources()).isEqualTo(Map.of("10.9.0.1", "0 1 0 0"));
    assertThat(outcomes(Outcome.OPENED)).isEqualTo(Map.of("10.9.0.1", 1L));
    assertThat(outcomes(Outcome.ENDED_RESET)).isEqualTo(Map.of("10.9.0.1", 0L));
  }

  @Test
  void aSourceThatOnlyFailsIsShownAtOnceAndItsFailuresAreExact() {
    for (int i = 0; i < 5_000; i++) {
      tracker.onNew(scanned(i));
      Flow refused = scanned(i);
      refused.tcpState = CLOSE;
      tracker.onDestroy(refused);
    }

    assertThat(sources()).isEqualTo(Map.of("10.7.0.1", "0 0 0 0"));
    assertThat(outcomes(Outcome.FAILED_REFUSED)).isEqualTo(Map.of("10.7.0.1", 5_000L));
  }

  @Test
  void aFloodOfForgedSourcesTakesATenthOfTheRoomAndAScannerComesInAsOneOfTheHeaviest() {
    for (int i = 0; i < 20_000; i++) {
      tracker.onNew(forged(i));
    }
    for (int i = 0; i < 5_000; i++) {
      tracker.onNew(scanned(i));
    }
    tracker.onNew(Flows.tcp("10.7.0.2 5555", SERVER, ESTABLISHED));
    assertThat(sources())
        .hasSize(100 + 2)
        .containsEntry("other", "24900 0 0 0")
        .containsEntry("10.7.0.2", "0 1 0 0")
        .doesNotContainKey("10.7.0.1");

    for (int epoch = 0; epoch < 3; epoch++) {
      epochOfFlood();
    }
    assertThat(sources())
        .hasSize(100 + 3)
        .containsEntry("other", "19900 0 0 0")
        .containsEntry("10.7.0.1", "5000 0 0 0")
        .containsEntry("10.7.0.2", "0 1 0 0");
    assertThat(tracker.areSourcesOverflowing()).isFalse();
  }

  private void epochOfFlood() {
    nowMs += 1_000;
    tracker.clock(nowMs);
    tracker.openEpoch();
    for (int i = 0; i < 20_000; i++) {
      tracker.onDumpEntry(forged(i));
    }
    for (int i = 0; i < 5_000; i++) {
      tracker.onDumpEntry(scanned(i));
    }
    tracker.onDumpEntry(Flows.tcp("10.7.0.2 5555", SERVER, ESTABLISHED));
    tracker.closeEpoch();
  }

  @Test
  void aSourceThatOpensAConnectionMakesRoomForOthersThatOnlyFail() {
    use(tracker(EndpointOptions.HOST_ALONE, SourceView.ADDRESS, 20));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("10.9.0.2 5555", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("10.9.0.3 5555", SERVER, SYN_SENT));
    assertThat(sources())
        .isEqualTo(Map.of("10.9.0.1", "1 0 0 0", "10.9.0.2", "1 0 0 0", "other", "1 0 0 0"));

    tracker.onUpdate(Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.3 5556", SERVER, SYN_SENT));
    tracker.onUpdate(Flows.tcp("10.9.0.3 5555", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("10.9.0.4 5555", SERVER, SYN_SENT));
    assertThat(sources())
        .isEqualTo(
            Map.of(
                "10.9.0.1", "0 1 0 0",
                "10.9.0.2", "1 0 0 0",
                "10.9.0.3", "2 0 0 0",
                "other", "1 0 0 0"));
  }

  private static Flow forged(int number) {
    return Flows.tcp("10.9." + number / 250 + "." + (1 + number % 250) + " 4444", SERVER, SYN_SENT);
  }

  private static Flow scanned(int port) {
    return Flows.tcp("10.7.0.1 5555", "10.1.0.2 " + (1 + port), SYN_SENT);
  }

  @Test
  void moreSourcesThanThereIsRoomForAreSummedAndEndpointsHaveABudgetOfTheirOwn() {
    use(tracker(EndpointOptions.HOST_ALONE, SourceView.ADDRESS, 10));
    for (int i = 0; i < 25; i++) {
      tracker.onNew(Flows.tcp("10.9.0." + (1 + i) + " 5555", "10.1.0.1 " + i, ESTABLISHED));
    }

    assertThat(sources()).hasSize(11).containsEntry("other", "0 15 0 0");
    assertThat(tracker.areSourcesOverflowing()).isTrue();
    assertThat(tracker.isOverflowing()).isFalse();
    assertThat(tracker.snapshot(nowMs).endpointCount()).isEqualTo(25);
    assertThat(outcomes(Outcome.OPENED)).hasSize(11).containsEntry("other", 15L);
  }

  @Test
  void rulesNameJoinAndDropSourcesAndTheirEndpointsStayAsTheyAre() {
    tracker.endpointRules(rules());
    tracker.onNew(Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.2 5555", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("10.8.0.2 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.7.3.3 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.6.0.1 5555", SERVER, ESTABLISHED));

    assertThat(sources())
        .isEqualTo(Map.of("office", "1 1 0 0", "10.7.3.0/24", "0 1 0 0", "10.6.0.1", "0 1 0 0"));
    assertThat(Snapshots.byLabels(tracker.snapshot(nowMs)))
        .isEqualTo(Map.of("10.1.0.1:80", "1 4 0 0"));
  }

  private static EndpointRules rules() {
    return new EndpointRules(
        List.of(),
        List.of(
            rule("10.9.0.0", 24, RuleAction.Group.named("office")),
            rule("10.8.0.0", 16, RuleAction.Plain.IGNORE),
            rule("10.7.0.0", 16, new RuleAction.Prefix(24, 0))));
  }

  private static EndpointRule rule(String address, int bits, RuleAction action) {
    return new EndpointRule(
        List.of(network(address, bits)), List.of(), Set.of(), List.of(), action);
  }

  private static Network network(String address, int bits) {
    return new Network(Flows.high(address), Flows.low(address), 96 + bits, Network.ANY_PORT);
  }

  @Test
  void otherRulesMoveTheFlowsWithTheNextEpochAndNoCounterGoesBack() {
    Flow flow = Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED);
    tracker.onNew(flow);
    tracker.endpointRules(rules());
    tracker.openEpoch();
    tracker.onDumpEntry(flow);
    tracker.closeEpoch();

    assertThat(sources()).isEqualTo(Map.of("office", "0 1 0 0", "10.9.0.1", "0 0 0 0"));
    assertThat(outcomes(Outcome.OPENED)).isEqualTo(Map.of("office", 0L, "10.9.0.1", 1L));
    tracker.onDestroy(Flows.tcp("10.9.0.1 5555", SERVER, TIME_WAIT));
    assertThat(outcomes(Outcome.ENDED_CLOSED)).isEqualTo(Map.of("office", 1L, "10.9.0.1", 0L));

    tracker.endpointRules(EndpointRules.NONE);
    tracker.onNew(flow);
    assertThat(sources()).isEqualTo(Map.of("office", "0 0 0 0", "10.9.0.1", "0 1 0 0"));
  }

  @Test
  void theOwnSourceAndGroupsThatRulesNameAreThereAtZero() {
    assertThat(tracker.keepGroups(rules(), Set.of(6))).isZero();
    assertThat(sources()).isEqualTo(Map.of("self", "0 0 0 0", "office", "0 0 0 0"));

    tracker.keepGroups(EndpointRules.NONE, Set.of(6));
    nowMs += RETENTION_MS;
    assertThat(sources()).isEqualTo(Map.of("self", "0 0 0 0"));
  }

  @Test
  void whatASourceSentIsWhatItsConnectionsCarriedInTheirOriginalDirection() {
    use(tracker(TRAFFIC, SourceView.ADDRESS, 1_000));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", SERVER, SYN_SENT));
    tracker.onUpdate(Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED));
    tracker.onDestroy(carried("10.9.0.1 5555", SERVER, TIME_WAIT, 100, 2_000));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", "10.0.0.1 80", ESTABLISHED));
    tracker.onDestroy(carried("10.9.0.1 5555", "10.0.0.1 80", TIME_WAIT, 10, 30));
    tracker.onNew(Flows.tcp("10.0.0.1 5555", SERVER, SYN_SENT));
    tracker.onDestroy(carried("10.0.0.1 5555", SERVER, TIME_WAIT, 7, 8));

    assertThat(traffic()).isEqualTo(Map.of("10.9.0.1", "110 2030", "self", "7 8"));
  }

  @Test
  void theRestOfAnExpiredFlowIsCountedAtItsSourceOrInOtherIfThatIsGone() {
    use(tracker(TRAFFIC, SourceView.ADDRESS, 1_000));
    tracker.onNew(Flows.tcp("10.9.0.1 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.2 5555", SERVER, ESTABLISHED));
    tracker.openEpoch();
    tracker.closeEpoch();
    assertThat(sources()).isEqualTo(Map.of("10.9.0.1", "0 0 0 0", "10.9.0.2", "0 0 0 0"));
    tracker.onDestroy(carried("10.9.0.1 5555", SERVER, ESTABLISHED, 100, 200));
    assertThat(traffic()).isEqualTo(Map.of("10.9.0.1", "100 200", "10.9.0.2", "0 0"));

    nowMs += RETENTION_MS;
    assertThat(sources()).isEmpty();
    tracker.onNew(Flows.tcp("10.9.0.3 5555", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.0.4 5555", SERVER, ESTABLISHED));
    tracker.onDestroy(carried("10.9.0.2 5555", SERVER, ESTABLISHED, 100, 200));
    assertThat(traffic()).doesNotContainValue("100 200");
  }

  private static Flow carried(
      String source, String destination, int state, long original, long reply) {
    Flow flow = Flows.tcp(source, destination, state);
    flow.hasCounters = true;
    flow.originalBytes = original;
    flow.replyBytes = reply;
    return flow;
  }

  /** Flows come, change and go at random, with far more sources than there is room for. */
  @Test
  void inEachMomentTheSourcesHaveInSumWhatTheEndpointsHaveAndNoCounterGoesBack() {
    use(tracker(TRAFFIC, SourceView.ADDRESS, 20));
    SplittableRandom random = new SplittableRandom(42);
    Map<String, Long> before = new HashMap<>();
    for (int round = 0; round < 200; round++) {
      nowMs += 1_000;
      tracker.clock(nowMs);
      for (int i = 0; i < 200; i++) {
        change(random);
      }
      tracker.openEpoch();
      for (int i = 0; i < 400; i++) {
        tracker.onDumpEntry(flow(random));
      }
      if (random.nextBoolean()) {
        tracker.closeEpoch();
      } else {
        tracker.abandonEpoch();
      }
      assertSumsAreEqual();
      counters()
          .forEach((series, count) -> {
            assertThat(count).as(series).isGreaterThanOrEqualTo(before.getOrDefault(series, 0L));
            before.put(series, count);
          });
    }
    assertThat(sources()).hasSizeGreaterThan(15).hasSizeLessThanOrEqualTo(21);
    assertThat(outcomes(Outcome.OPENED).get("other")).isGreaterThan(100);
  }

  private void change(SplittableRandom random) {
    Flow flow = flow(random);
    switch (random.nextInt(3)) {
      case 0 -> tracker.onNew(flow);
      case 1 -> tracker.onUpdate(flow);
      default -> tracker.onDestroy(flow);
    }
  }

  private static Flow flow(SplittableRandom random) {
    int source = random.nextInt(random.nextInt(1, 60));
    int server = random.nextInt(5);
    String address = source == 0 ? "10.0.0.1" : "10.9.0." + source;
    Flow flow =
        Flows.tcp(
            address + " " + (5_000 + random.nextInt(3)),
            server == 0 ? "10.0.0.1 80" : "10.1.0." + server + " 80",
            1 + random.nextInt(9));
    flow.hasCounters = random.nextBoolean();
    flow.originalBytes = random.nextInt(1_000);
    flow.replyBytes = random.nextInt(1_000);
    flow.timeoutSeconds = random.nextInt(2);
    return flow;
  }

  private void assertSumsAreEqual() {
    Snapshot endpoints = tracker.snapshot(nowMs);
    Snapshot bySource = endpoints.sources().orElseThrow();
    assertThat(bySource.countedFlows()).isEqualTo(endpoints.countedFlows());
    for (Outcome outcome : Outcome.values()) {
      assertThat(sum(bySource, outcome)).as("%s", outcome).isEqualTo(sum(endpoints, outcome));
    }
    assertThat(sumOfBytes(bySource)).isEqualTo(sumOfBytes(endpoints));
  }

  private static long sum(Snapshot snapshot, Outcome outcome) {
    long sum = 0;
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      sum += snapshot.outcomes(i, outcome);
    }
    return sum;
  }

  private static long sumOfBytes(Snapshot snapshot) {
    long sum = 0;
    for (int i = 0; snapshot.hasTraffic() && i < snapshot.endpointCount(); i++) {
      sum += snapshot.traffic(i, Traffic.SENT_BYTES) + snapshot.traffic(i, Traffic.RECEIVED_BYTES);
    }
    return sum;
  }

  private Map<String, Long> counters() {
    Map<String, Long> counters = new TreeMap<>();
    for (Outcome outcome : Outcome.values()) {
      outcomes(outcome).forEach((source, count) -> counters.put(source + " " + outcome, count));
    }
    return counters;
  }

  @Test
  void aFlowTakesAtMostFifteenBytesMore() {
    int most = 20_000;
    int fewest = 1_000;
    try (FlowTracker without = ofMost(most, SourceView.NONE);
        FlowTracker with = ofMost(most, SourceView.ADDRESS)) {
      long beside = with.memoryBytes() - without.memoryBytes() - 1024 * Long.BYTES;
      double mostBytes = 0;
      for (int flows = 1; flows <= most; flows++) {
        Flow flow = Flows.tcp("10.9.0.1 " + flows, SERVER, ESTABLISHED);
        without.onNew(flow);
        with.onNew(flow);
        double bytes = (double) (with.memoryBytes() - without.memoryBytes() - beside) / flows;
        mostBytes = flows < fewest ? 0 : Math.max(mostBytes, bytes);
      }
      assertThat(mostBytes).isBetween(10.0, 15.0);
    }
  }

  private static FlowTracker ofMost(int flows, SourceView view) {
    return new FlowTracker(
        new TrackerOptions(
            flows, 10, 0, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE, view, 10, 0, false));
  }

  private Map<String, String> sources() {
    return Snapshots.byLabels(tracker.snapshot(nowMs).sources().orElseThrow());
  }

  private Map<String, Long> outcomes(Outcome outcome) {
    Snapshot snapshot = tracker.snapshot(nowMs).sources().orElseThrow();
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      counts.put(snapshot.labels(i), snapshot.outcomes(i, outcome));
    }
    return counts;
  }

  /** By source: "sentBytes receivedBytes". */
  private Map<String, String> traffic() {
    Snapshot snapshot = tracker.snapshot(nowMs).sources().orElseThrow();
    Map<String, String> traffic = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      traffic.put(
          snapshot.labels(i),
          snapshot.traffic(i, Traffic.SENT_BYTES)
              + " "
              + snapshot.traffic(i, Traffic.RECEIVED_BYTES));
    }
    return traffic;
  }
}
