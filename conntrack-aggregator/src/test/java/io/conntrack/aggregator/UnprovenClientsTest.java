package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.Outcome;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Anyone can send a SYN with any source: a client has series when it has opened a connection. */
class UnprovenClientsTest {
  private static final int SYN_SENT = 1;
  private static final int SYN_RECV = 2;
  private static final int CLOSE = 8;
  private static final int UDP = 17;
  private static final long RETENTION_MS = 300_000;
  private static final String HERE = "10.0.0.1 443";

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(
              1_000_000, 1_000, RETENTION_MS, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

  private long nowMs;

  UnprovenClientsTest() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    tracker.openEpoch();
    tracker.closeEpoch();
  }

  @AfterEach
  void close() {
    tracker.close();
  }

  @Test
  void clientsThatOnlyFailAreSummedAndTheirReasonsAreExact() {
    for (int i = 0; i < 3_000; i++) {
      tracker.onNew(inbound(i, SYN_SENT));
    }
    assertThat(hosts()).isEqualTo(Map.of("other", "3000 0 0 0"));
    for (int i = 0; i < 3_000; i++) {
      Flow flow = inbound(i, i < 1_000 ? CLOSE : SYN_RECV);
      flow.timeoutSeconds = i < 1_500 ? 10 : 0;
      tracker.onDestroy(flow);
    }

    assertThat(hosts()).isEqualTo(Map.of("other", "0 0 0 0"));
    assertThat(outcomes(Outcome.FAILED_REFUSED)).isEqualTo(Map.of("other", 1_000L));
    assertThat(outcomes(Outcome.FAILED_EVICTED)).isEqualTo(Map.of("other", 500L));
    assertThat(outcomes(Outcome.FAILED_UNANSWERED)).isEqualTo(Map.of("other", 1_500L));
  }

  @Test
  void aClientThatOpensAConnectionHasSeriesAtOnceWhateverElseGoesOn() {
    for (int i = 0; i < 3_000; i++) {
      tracker.onNew(inbound(i, SYN_SENT));
    }
    tracker.onNew(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onUpdate(Flows.tcp("10.7.0.1 5555", HERE, ESTABLISHED));

    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "0 1 0 0", "other", "3000 0 0 0"));
    assertThat(outcomes(Outcome.OPENED)).isEqualTo(Map.of("10.7.0.1", 1L, "other", 0L));
    assertThat(tracker.isOverflowing()).as("the budget").isFalse();
  }

  @Test
  void whatFailsOfAClientThatHasSeriesIsCountedThere() {
    tracker.onNew(Flows.tcp("10.7.0.1 5555", HERE, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.7.0.1 5556", HERE, SYN_SENT));
    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "1 1 0 0"));

    tracker.onDestroy(Flows.tcp("10.7.0.1 5556", HERE, CLOSE));
    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "0 1 0 0"));
    assertThat(outcomes(Outcome.FAILED_REFUSED)).isEqualTo(Map.of("10.7.0.1", 1L));
  }

  @Test
  void whatItWasOpeningThenMovesWithItsNextMessageOrInTheNextEpoch() {
    tracker.onNew(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onNew(Flows.tcp("10.7.0.1 5556", HERE, SYN_SENT));
    tracker.onNew(Flows.tcp("10.7.0.1 5557", HERE, SYN_SENT));
    tracker.onUpdate(Flows.tcp("10.7.0.1 5557", HERE, ESTABLISHED));
    assertThat(shownAt("10.7.0.1")).isEqualTo("0 1 0 0");

    tracker.onUpdate(Flows.tcp("10.7.0.1 5556", HERE, SYN_RECV));
    assertThat(shownAt("10.7.0.1")).isEqualTo("1 1 0 0");
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5556", HERE, SYN_RECV));
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5557", HERE, ESTABLISHED));
    tracker.closeEpoch();
    assertThat(shownAt("10.7.0.1")).isEqualTo("2 1 0 0");
    assertThat(tracker.isUnsettled()).as("no event was lost").isFalse();
  }

  @Test
  void afterALossAnEpochThatLeavesOpeningOnesBehindSaysSo() {
    tracker.eventsLost();
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5557", HERE, ESTABLISHED));
    tracker.closeEpoch();
    assertThat(tracker.isUnsettled()).isTrue();
    assertThat(shownAt("10.7.0.1")).isEqualTo("0 1 0 0");

    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onDumpEntry(Flows.tcp("10.7.0.1 5557", HERE, ESTABLISHED));
    tracker.closeEpoch();
    assertThat(tracker.isUnsettled()).isFalse();
    assertThat(shownAt("10.7.0.1")).isEqualTo("1 1 0 0");
  }

  @Test
  void serversAndForwardedOnesThatFailHaveSeriesOfTheirOwn() {
    tracker.onNew(Flows.tcp("10.0.0.1 5555", "10.1.0.1 80", SYN_SENT));
    tracker.onDestroy(Flows.tcp("10.0.0.1 5555", "10.1.0.1 80", CLOSE));
    tracker.onNew(Flows.tcp("10.7.0.1 5555", "10.1.0.2 80", SYN_SENT));

    assertThat(hosts()).isEqualTo(Map.of("10.1.0.1:80", "0 0 0 0", "10.1.0.2:80", "1 0 0 0"));
    assertThat(outcomes(Outcome.FAILED_REFUSED))
        .isEqualTo(Map.of("10.1.0.1:80", 1L, "10.1.0.2:80", 0L));
  }

  @Test
  void aProtocolWithoutStatesProvesNothingAndItsClientsHaveSeries() {
    Flow flow = Flows.tcp("10.7.0.1 514", HERE, SYN_SENT);
    flow.protocol = UDP;
    tracker.onNew(flow);

    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "1 0 0 0"));
  }

  @Test
  void whereAllOpenThereIsNoOther() {
    tracker.onNew(Flows.tcp("10.7.0.1 5555", HERE, SYN_SENT));
    tracker.onUpdate(Flows.tcp("10.7.0.1 5555", HERE, ESTABLISHED));

    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "0 1 0 0"));
  }

  @Test
  void otherIsShownForItsRetentionAndItsCountersGoOnWhenItComesAgain() {
    tracker.onNew(inbound(1, SYN_SENT));
    tracker.onDestroy(inbound(1, CLOSE));
    nowMs += RETENTION_MS - 1;
    assertThat(hosts()).isEqualTo(Map.of("other", "0 0 0 0"));
    nowMs += 1;
    assertThat(hosts()).isEmpty();

    tracker.onNew(inbound(2, SYN_SENT));
    assertThat(outcomes(Outcome.FAILED_REFUSED)).isEqualTo(Map.of("other", 1L));
  }

  @Test
  void aClientThatIsAmongTheHeaviestComesInWithoutOpeningOne() {
    flood(2_000);
    for (int i = 0; i < 200; i++) {
      tracker.onNew(Flows.tcp("10.7.0.1 " + (5_000 + i), HERE, SYN_SENT));
    }
    for (int epoch = 0; epoch < 3; epoch++) {
      epochOfFlood(2_000, 200);
    }

    assertThat(hosts()).isEqualTo(Map.of("10.7.0.1", "200 0 0 0", "other", "2000 0 0 0"));
  }

  @Test
  void ofManyThatAreAlikeNobodyComesIn() {
    flood(20_000);
    for (int epoch = 0; epoch < 3; epoch++) {
      epochOfFlood(20_000, 0);
    }

    assertThat(hosts()).isEqualTo(Map.of("other", "20000 0 0 0"));
  }

  private void flood(int clients) {
    for (int i = 0; i < clients; i++) {
      tracker.onNew(inbound(i, SYN_SENT));
    }
  }

  private void epochOfFlood(int clients, int ofOne) {
    nowMs += 30_000;
    tracker.clock(nowMs);
    tracker.openEpoch();
    for (int i = 0; i < clients; i++) {
      tracker.onDumpEntry(inbound(i, SYN_SENT));
    }
    for (int i = 0; i < ofOne; i++) {
      tracker.onDumpEntry(Flows.tcp("10.7.0.1 " + (5_000 + i), HERE, SYN_SENT));
    }
    tracker.closeEpoch();
  }

  private static Flow inbound(int client, int tcpState) {
    String address = "10.9." + client / 250 + "." + (1 + client % 250);
    return Flows.tcp(address + " 40000", HERE, tcpState);
  }

  private String shownAt(String host) {
    return hosts().get(host);
  }

  private Map<String, String> hosts() {
    return Snapshots.byLabels(tracker.snapshot(nowMs));
  }

  private Map<String, Long> outcomes(Outcome outcome) {
    Snapshot snapshot = tracker.snapshot(nowMs);
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      counts.put(snapshot.labels(i), snapshot.outcomes(i, outcome));
    }
    return counts;
  }
}
