package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.Direction;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What rules make of endpoints. */
class FlowTrackerRulesTest {
  private static final String HERE = "10.0.0.1 40000";
  private static final int RETENTION_MS = 300;
  private static final RuleAction GROUP = RuleAction.Group.named("payments-db");

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(
              20,
              6,
              RETENTION_MS,
              EndpointOptions.HOST_ALONE,
              new IgnoredHosts(
                  List.of(new Network(0, Flows.low("10.66.0.1"), 128, Network.ANY_PORT)))));

  @BeforeEach
  void theHostHasAddresses() {
    tracker.localAddresses(Flows.local("10.0.0.1", "2001:db8::10"));
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  @Test
  void aGroupIsOneEndpointWithItsName() {
    tracker.endpointRules(rules(to("10.0.1.0", 24, GROUP)));
    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.0.1.6 3307", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.1.7 50000", "10.0.0.1 80", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 3306", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 3 0 0", "10.0.2.5:3306", "0 1 0 0"));
  }

  private static final Set<Integer> TCP = Set.of(6);

  @Test
  void aGroupThatIsNamedIsThereWithoutConnectionsAndForAsLongAsItIsNamed() {
    EndpointRules one = rules(to("10.0.1.0", 24, GROUP));
    tracker.endpointRules(one);
    assertThat(tracker.keepGroups(one, TCP)).isZero();
    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 0 0 0"));

    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 1 0 0"));
    tracker.onDestroy(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    tracker.clock(100 * RETENTION_MS);
    assertThat(Snapshots.byLabels(tracker.snapshot(100 * RETENTION_MS)))
        .isEqualTo(Map.of("payments-db", "0 0 0 0"));
    assertThat(tracker.snapshot(100 * RETENTION_MS).endpointsInUse()).isEqualTo(1);

    EndpointRules other = rules(to("10.0.1.0", 24, RuleAction.Group.named("web")));
    tracker.endpointRules(other);
    assertThat(tracker.keepGroups(other, TCP)).isZero();
    assertThat(Snapshots.byLabels(tracker.snapshot(100 * RETENTION_MS)))
        .isEqualTo(Map.of("web", "0 0 0 0"));
    assertThat(tracker.keepGroups(EndpointRules.NONE, TCP)).isZero();
    assertThat(Snapshots.byLabels(tracker.snapshot(100 * RETENTION_MS))).isEmpty();
  }

  @Test
  void aGroupThatIsRemovedWithConnectionsGoesWithThem() {
    EndpointRules one = rules(to("10.0.1.0", 24, GROUP));
    tracker.endpointRules(one);
    tracker.keepGroups(one, TCP);
    Flow flow = Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED);
    tracker.onNew(flow);

    tracker.endpointRules(EndpointRules.NONE);
    tracker.keepGroups(EndpointRules.NONE, TCP);
    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 1 0 0"));
    tracker.openEpoch();
    tracker.onDumpEntry(flow);
    tracker.closeEpoch();
    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 0 0 0", "10.0.1.5:3306", "0 1 0 0"));
    assertThat(Snapshots.byLabels(tracker.snapshot(2 * RETENTION_MS)))
        .isEqualTo(Map.of("10.0.1.5:3306", "0 1 0 0"));
  }

  @Test
  void oneThatFindsNoRoomComesWhenAnEpochOpensAndThereIsSome() {
    for (int i = 1; i <= 7; i++) { // there is room for 6
      tracker.onNew(Flows.tcp(HERE, "10.0.2." + i + " 80", ESTABLISHED));
    }
    EndpointRules one = rules(to("10.0.1.0", 24, GROUP));
    tracker.endpointRules(one);
    assertThat(tracker.keepGroups(one, TCP)).isEqualTo(1);
    assertThat(shown()).doesNotContainKey("payments-db").containsKey("other");

    for (int i = 1; i <= 7; i++) {
      tracker.onDestroy(Flows.tcp(HERE, "10.0.2." + i + " 80", ESTABLISHED));
    }
    tracker.clock(2 * RETENTION_MS);
    tracker.openEpoch();
    tracker.closeEpoch();
    tracker.openEpoch();
    tracker.closeEpoch();
    assertThat(Snapshots.byLabels(tracker.snapshot(2 * RETENTION_MS)))
        .isEqualTo(Map.of("payments-db", "0 0 0 0"));
  }

  @Test
  void groupsWithoutConnectionsTakeHalfOfTheRoomAtMost() {
    EndpointRules many =
        rules(
            to("10.0.1.0", 24, RuleAction.Group.named("a")),
            to("10.0.2.0", 24, RuleAction.Group.named("b")),
            to("10.0.3.0", 24, RuleAction.Group.named("c")),
            to("10.0.4.0", 24, RuleAction.Group.named("d")));
    tracker.endpointRules(many);
    assertThat(tracker.keepGroups(many, TCP)).isEqualTo(1);
    assertThat(shown()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void whereEndpointsAreToldApartAGroupIsThereForEachDirectionAndProtocolThatItsRuleIsFor() {
    EndpointOptions options =
        new EndpointOptions(false, true, true, false, NatView.DEFAULT, false, false, false);
    try (FlowTracker labelled =
        new FlowTracker(new TrackerOptions(20, 20, RETENTION_MS, options, IgnoredHosts.NONE))) {
      labelled.localAddresses(Flows.local("10.0.0.1"));
      EndpointRules rules =
          new EndpointRules(
              List.of(
                  new EndpointRule(
                      List.of(), List.of(), Set.of(Direction.INBOUND), List.of(1, 6, 58), GROUP)));
      labelled.endpointRules(rules);
      assertThat(labelled.keepGroups(rules, Set.of(1, 6, 17, 58))).isZero();
      assertThat(Snapshots.byLabels(labelled.snapshot(0)))
          .isEqualTo(
              Map.of("inbound payments-db icmp", "0 0 0 0", "inbound payments-db tcp", "0 0 0 0"));
    }
  }

  @Test
  void aNetworkIsShownByItsPrefixAndAnAddressByItself() {
    tracker.endpointRules(
        rules(
            to("10.0.1.0", 24, RuleAction.Plain.KEEP),
            to("10.0.2.0", 24, RuleAction.Plain.DROP_PORT),
            any(new RuleAction.Prefix(16, 48))));
    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 3306", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 3307", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.9.2.5 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.3.5 50000", "10.0.0.1 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("2001:db8::10 40000", "2001:db8:0:7::1 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("2001:db8::10 40001", "2001:db8:0:8::1 80", ESTABLISHED));

    assertThat(shown())
        .isEqualTo(
            Map.of(
                "10.0.1.5:3306", "0 1 0 0",
                "10.0.2.5", "0 2 0 0",
                "10.9.0.0/16", "0 2 0 0",
                "2001:db8::/48", "0 2 0 0"));
  }

  @Test
  void whatIsIgnoredIsCountedNowhereAndTheHostsIgnoredAnywayComeFirst() {
    tracker.endpointRules(rules(to("10.0.1.0", 24, RuleAction.Plain.IGNORE), any(GROUP)));
    Flow byRule = Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED);
    Flow byOption = Flows.tcp(HERE, "10.66.0.1 80", ESTABLISHED);
    tracker.onNew(byRule);
    tracker.onNew(byOption);
    assertThat(tracker.isIgnored(byRule)).isTrue();
    assertThat(tracker.isIgnored(byOption)).isTrue();
    assertThat(tracker.isIgnored(Flows.tcp(HERE, "10.0.2.5 80", ESTABLISHED))).isFalse();

    assertThat(shown()).isEmpty();
    assertThat(tracker.snapshot(0).ignoredFlows()).isEqualTo(2);
    tracker.onDestroy(byRule);
    assertThat(tracker.snapshot(0).ignoredFlows()).isEqualTo(1);
  }

  @Test
  void aPortIsThatWhichTheConnectionIsTo() {
    tracker.endpointRules(
        rules(
            new EndpointRule(
                List.of(), List.of(new PortRange(443, 443)), Set.of(), List.of(), GROUP)));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 443", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.9 50000", "10.0.0.1 443", ESTABLISHED));
    // An inbound one to an address that NAT made local, and a forwarded one to a server behind NAT.
    tracker.onNew(
        Flows.natted("10.0.9.9 1", "192.0.2.1 443", "10.0.0.1 8443", "10.0.9.9 1", ESTABLISHED));
    tracker.onNew(
        Flows.natted("10.0.9.9 2", "192.0.2.1 80", "172.17.0.2 443", "10.0.9.9 2", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.8 443", "10.0.0.1 22", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 4 0 0", "10.0.9.8", "0 1 0 0"));
  }

  @Test
  void aDirectionIsThatInWhichTheConnectionWasOpened() {
    tracker.endpointRules(
        rules(
            direction(Direction.OUTBOUND, "out"),
            direction(Direction.INBOUND, "in"),
            direction(Direction.FORWARDED, "through")));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 443", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.9 50000", "10.0.0.1 443", ESTABLISHED));
    tracker.onNew(
        Flows.natted("10.0.9.9 1", "192.0.2.1 443", "10.0.0.1 8443", "10.0.9.9 1", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.9 50000", "10.0.2.5 443", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of("out", "0 1 0 0", "in", "0 2 0 0", "through", "0 1 0 0"));
  }

  @Test
  void afterAnEpochAllFlowsAreWhereTheNewRulesPutThemTouchedOnesToo() {
    Flow silent = Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED);
    tracker.onNew(silent);
    tracker.onNew(Flows.tcp(HERE, "10.0.1.6 3306", ESTABLISHED));
    tracker.endpointRules(rules(to("10.0.1.0", 24, GROUP)));
    tracker.openEpoch();
    tracker.onUpdate(Flows.tcp(HERE, "10.0.1.6 3306", TIME_WAIT));
    tracker.onDumpEntry(Flows.tcp(HERE, "10.0.1.6 3306", ESTABLISHED));
    tracker.onDumpEntry(silent);
    EpochResult result = tracker.closeEpoch();

    assertThat(result.changed()).isEqualTo(1);
    tracker.clock(RETENTION_MS);
    assertThat(Snapshots.byLabels(tracker.snapshot(RETENTION_MS)))
        .isEqualTo(Map.of("payments-db", "0 1 1 0"));
  }

  @Test
  void aGroupIsTheSameEndpointBeforeAndAfterAChangeOfRulesWhereverItStands() {
    tracker.endpointRules(rules(to("10.0.1.0", 24, GROUP)));
    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    tracker.endpointRules(
        rules(
            to("10.0.2.0", 24, RuleAction.Group.named("web")),
            to("10.0.1.0", 24, RuleAction.Group.named("payments-db"))));
    tracker.onNew(Flows.tcp(HERE, "10.0.1.6 3306", ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, "10.0.2.6 3306", ESTABLISHED));

    // Snapshots.byLabels refuses a host that is there twice.
    assertThat(shown()).isEqualTo(Map.of("payments-db", "0 2 0 0", "web", "0 1 0 0"));
  }

  @Test
  void groupsHaveNamesThoughNoSnapshotHasShownThemYetAndBeyondTheBoundTheyAreSummed() {
    EndpointRule[] each = new EndpointRule[7];
    for (int i = 0; i < each.length; i++) {
      each[i] = to("10.0." + i + ".0", 24, RuleAction.Group.named("group-" + i));
    }
    tracker.endpointRules(rules(each));
    for (int i = 0; i < each.length; i++) {
      tracker.onNew(Flows.tcp(HERE, "10.0." + i + ".5 80", ESTABLISHED));
    }

    assertThat(shown())
        .hasSize(7)
        .containsEntry("group-5", "0 1 0 0")
        .containsEntry("other", "0 1 0 0");
  }

  @Test
  void aGroupIsAnEndpointForEachDirectionWhereTheseAreToldApart() {
    EndpointOptions directions =
        new EndpointOptions(false, true, false, false, NatView.DEFAULT, false, false, false);
    try (FlowTracker apart =
        new FlowTracker(new TrackerOptions(20, 6, 0, directions, IgnoredHosts.NONE))) {
      apart.localAddresses(Flows.local("10.0.0.1"));
      apart.endpointRules(rules(to("10.0.1.0", 24, GROUP)));
      apart.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
      apart.onNew(Flows.tcp(HERE, "10.0.1.6 3306", ESTABLISHED));
      apart.onNew(Flows.tcp("10.0.1.7 50000", "10.0.0.1 80", ESTABLISHED));

      assertThat(Snapshots.byLabels(apart.snapshot(0)))
          .isEqualTo(Map.of("outbound payments-db", "0 2 0 0", "inbound payments-db", "0 1 0 0"));
    }
  }

  @Test
  void groupsAndNetworksHaveNoServiceAndAnAddressHasOneWithoutItsPort() {
    EndpointOptions both =
        new EndpointOptions(false, false, false, false, NatView.BOTH, false, false, false);
    try (FlowTracker services =
        new FlowTracker(new TrackerOptions(20, 6, 0, both, IgnoredHosts.NONE))) {
      services.localAddresses(Flows.local("10.0.0.1"));
      services.endpointRules(
          rules(
              to("10.0.1.0", 24, GROUP),
              to("10.0.2.0", 24, new RuleAction.Prefix(24, 0)),
              to("10.0.3.0", 24, RuleAction.Plain.DROP_PORT)));
      for (int i = 1; i <= 3; i++) {
        String real = "10.0." + i + ".5 8080";
        services.onNew(Flows.natted(HERE, "192.0.2.1 " + i, real, HERE, ESTABLISHED));
        services.onNew(Flows.natted(HERE, "192.0.2.1 8" + i, real, HERE, ESTABLISHED));
      }

      assertThat(Snapshots.byLabels(services.snapshot(0)))
          .isEqualTo(
              Map.of(
                  "payments-db", "0 2 0 0",
                  "10.0.2.0/24", "0 2 0 0",
                  "10.0.3.5 192.0.2.1", "0 2 0 0"));
    }
  }

  @Test
  void theRoomOfAGroupThatIsGoneBelongsToAnEndpointWithItsOwnLabel() {
    tracker.endpointRules(rules(to("10.0.1.0", 24, GROUP)));
    Flow flow = Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED);
    tracker.onNew(flow);
    tracker.onDestroy(flow);
    tracker.snapshot(RETENTION_MS);
    tracker.onNew(Flows.tcp(HERE, "10.0.2.5 3306", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of("10.0.2.5:3306", "0 1 0 0"));
  }

  private static EndpointRules rules(EndpointRule... rules) {
    return new EndpointRules(Arrays.asList(rules));
  }

  private static EndpointRule to(String ipv4, int bits, RuleAction action) {
    Network network = new Network(0, Flows.low(ipv4), 96 + bits, Network.ANY_PORT);
    return new EndpointRule(List.of(network), List.of(), Set.of(), List.of(), action);
  }

  private static EndpointRule any(RuleAction action) {
    return new EndpointRule(List.of(), List.of(), Set.of(), List.of(), action);
  }

  private static EndpointRule direction(Direction direction, String name) {
    return new EndpointRule(
        List.of(), List.of(), Set.of(direction), List.of(), RuleAction.Group.named(name));
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(tracker.snapshot(0));
  }
}
