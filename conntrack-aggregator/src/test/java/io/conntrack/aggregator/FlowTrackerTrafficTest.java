package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Traffic;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes and packets of flows, each counted once. */
class FlowTrackerTrafficTest {
  private static final long RETENTION_MS = 300_000;
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final String HOST = "10.0.1.5:3306";
  private static final EndpointOptions TRAFFIC =
      new EndpointOptions(false, false, false, false, NatView.DEFAULT, false, true, false);

  private final FlowTracker tracker = tracker(10);
  private long nowMs;

  private static FlowTracker tracker(int endpoints) {
    return new FlowTracker(
        new TrackerOptions(1_000, endpoints, RETENTION_MS, TRAFFIC, IgnoredHosts.NONE));
  }

  @BeforeEach
  void theHostHasAnAddress() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  /** With packets of ten bytes. */
  private static Flow flow(
      String source, String destination, int state, long original, long reply) {
    Flow flow = Flows.tcp(source, destination, state);
    flow.hasCounters = true;
    flow.originalBytes = original;
    flow.originalPackets = original / 10;
    flow.replyBytes = reply;
    flow.replyPackets = reply / 10;
    return flow;
  }

  private void epoch(Flow... entries) {
    tracker.openEpoch();
    for (Flow entry : entries) {
      tracker.onDumpEntry(entry);
    }
    assertThat(tracker.closeEpoch().clean()).isTrue();
  }

  private void advance(long ms) {
    nowMs += ms;
    tracker.clock(nowMs);
  }

  /** By host: "sentBytes receivedBytes sentPackets receivedPackets". */
  private Map<String, String> traffic() {
    Snapshot snapshot = tracker.snapshot(nowMs);
    Map<String, String> traffic = new HashMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      traffic.put(
          snapshot.labels(i),
          snapshot.traffic(i, Traffic.SENT_BYTES)
              + " "
              + snapshot.traffic(i, Traffic.RECEIVED_BYTES)
              + " "
              + snapshot.traffic(i, Traffic.SENT_PACKETS)
              + " "
              + snapshot.traffic(i, Traffic.RECEIVED_PACKETS));
    }
    return traffic;
  }

  @Test
  void ofALiveFlowAsTheDumpsTellAndOfAnEndedOneAsItsDestroyDoes() {
    epoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    assertThat(tracker.snapshot(nowMs).hasTraffic()).isFalse();

    epoch(flow(HERE, SERVER, ESTABLISHED, 100, 5000));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "100 5000 10 500"));

    epoch(flow(HERE, SERVER, ESTABLISHED, 300, 5000));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "300 5000 30 500"));

    tracker.onDestroy(flow(HERE, SERVER, TIME_WAIT, 310, 5010));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "310 5010 31 501"));
  }

  @Test
  void whatTheFirstPacketCameFromIsReceived() {
    epoch();
    tracker.onNew(Flows.tcp("10.0.9.9 5555", "10.0.0.1 80", SYN_SENT));
    tracker.onDestroy(flow("10.0.9.9 5555", "10.0.0.1 80", CLOSE, 100, 2000));

    assertThat(traffic()).isEqualTo(Map.of("other", "2000 100 200 10"));
  }

  @Test
  void whatWasCarriedBeforeTheFirstEpochIsNotCounted() {
    epoch(flow(HERE, SERVER, ESTABLISHED, 1_000_000, 2_000_000));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "0 0 0 0"));

    tracker.onDestroy(flow(HERE, SERVER, TIME_WAIT, 1_000_010, 2_000_020));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "10 20 1 2"));
  }

  @Test
  void whatALaterEpochFindsCountsInFull() {
    epoch();
    epoch(flow(HERE, SERVER, ESTABLISHED, 100, 200));

    assertThat(traffic()).isEqualTo(Map.of(HOST, "100 200 10 20"));
  }

  @Test
  void countersThatSomebodyZeroedBeginAnew() {
    epoch();
    epoch(flow(HERE, SERVER, ESTABLISHED, 1000, 2000));
    assertThat(tracker.takeZeroed()).isZero();
    epoch(flow(HERE, SERVER, ESTABLISHED, 50, 60));

    assertThat(traffic()).isEqualTo(Map.of(HOST, "1050 2060 105 206"));
    assertThat(tracker.takeZeroed()).isEqualTo(1);
    assertThat(tracker.takeZeroed()).isZero();
  }

  @Test
  void smallerCountersAreNoZeroingWhereTheFlowMayBeAnother() {
    epoch();
    epoch(flow(HERE, SERVER, TIME_WAIT, 1000, 2000));
    epoch(flow(HERE, SERVER, ESTABLISHED, 50, 60));
    assertThat(tracker.takeZeroed()).isZero();

    tracker.eventsLost();
    epoch(flow(HERE, SERVER, ESTABLISHED, 5, 6));
    assertThat(tracker.takeZeroed()).isZero();
  }

  @Test
  void theNextFlowOfTheSameTupleBeginsAtZero() {
    epoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    epoch(flow(HERE, SERVER, ESTABLISHED, 100, 100));
    tracker.onDestroy(flow(HERE, SERVER, TIME_WAIT, 100, 100));
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    epoch(flow(HERE, SERVER, ESTABLISHED, 120, 120));

    assertThat(traffic()).isEqualTo(Map.of(HOST, "220 220 22 22"));
  }

  /** The kernel collects what has expired up to a minute later, and dumps it no more. */
  @Test
  void anExpiredFlowsDestroyTellsTheRest() {
    epoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    epoch();
    assertThat(tracker.snapshot(nowMs).countedFlows()).isZero();

    advance(100_000);
    epoch();
    tracker.onDestroy(flow(HERE, SERVER, CLOSE, 100, 200));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "100 200 10 20"));

    tracker.onDestroy(flow(HERE, SERVER, CLOSE, 100, 200));
    assertThat(traffic()).isEqualTo(Map.of(HOST, "100 200 10 20"));
  }

  @Test
  void anExpiredFlowsDestroyIsWaitedForForSomeMinutes() {
    epoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    epoch(flow(HERE, SERVER, ESTABLISHED, 10, 10));
    for (int i = 0; i < 6; i++) {
      advance(60_000);
      epoch();
    }
    tracker.onDestroy(flow(HERE, SERVER, CLOSE, 100, 200));

    assertThat(traffic()).isEmpty(); // the retention is over, too
  }

  @Test
  void whatADumpMissedByChanceGoesOn() {
    epoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    epoch(flow(HERE, SERVER, ESTABLISHED, 100, 100));
    epoch();
    epoch(flow(HERE, SERVER, ESTABLISHED, 110, 130));

    assertThat(traffic()).isEqualTo(Map.of(HOST, "110 130 11 13"));
    assertThat(tracker.snapshot(nowMs).countedFlows()).isEqualTo(1);
  }

  @Test
  void whatAnExpiredFlowOfAnEndpointThatIsGoneCarriedIsInOther() {
    try (FlowTracker one =
        new FlowTracker(new TrackerOptions(10, 10, 0, TRAFFIC, IgnoredHosts.NONE))) {
      one.localAddresses(Flows.local("10.0.0.1"));
      one.openEpoch();
      one.closeEpoch();
      one.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
      one.openEpoch();
      one.closeEpoch();
      one.onNew(Flows.tcp(HERE, "10.0.1.6 80", SYN_SENT));

      one.onDestroy(flow(HERE, SERVER, CLOSE, 100, 200));

      Snapshot snapshot = one.snapshot(1);
      assertThat(snapshot.endpointCount()).isEqualTo(1);
      assertThat(snapshot.traffic(0, Traffic.SENT_BYTES)).isZero();
    }
  }

  @Test
  void inOtherWhereTheConnectionIsShown() {
    try (FlowTracker one = tracker(1)) {
      one.localAddresses(Flows.local("10.0.0.1"));
      one.openEpoch();
      one.closeEpoch();
      one.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
      one.onNew(Flows.tcp(HERE, "10.0.1.6 80", SYN_SENT));

      one.onDestroy(flow(HERE, "10.0.1.6 80", CLOSE, 100, 200));

      Snapshot snapshot = one.snapshot(0);
      assertThat(snapshot.labels(0)).isEqualTo("other");
      assertThat(snapshot.traffic(0, Traffic.RECEIVED_BYTES)).isEqualTo(200);
      assertThat(snapshot.traffic(1, Traffic.RECEIVED_BYTES)).isZero();
    }
  }

  /** Flows begin, carry, expire and end, and epochs come in between: nothing is lost or twice. */
  @Test
  void thousandsOfFlowsTogetherCarryWhatIsCounted() {
    SplittableRandom random = new SplittableRandom(7);
    epoch();
    long[] bytes = new long[300];
    boolean[] live = new boolean[300];
    boolean[] expired = new boolean[300];
    long total = 0;
    for (int step = 0; step < 100_000; step++) {
      int i = random.nextInt(300);
      String here = "10.0.0.1 " + (1 + i);
      switch (random.nextInt(5)) {
        case 0 -> {
          if (live[i] && random.nextInt(3) > 0) {
            tracker.onDestroy(flow(here, SERVER, TIME_WAIT, bytes[i], 0));
            live[i] = false;
          } else if (!live[i]) {
            tracker.onNew(Flows.tcp(here, SERVER, SYN_SENT));
            live[i] = true;
            expired[i] = false;
            bytes[i] = 0;
          }
        }
        case 1 -> expired[i] = live[i];
        default -> {
          if (live[i] && !expired[i]) {
            bytes[i] += 10;
            total += 10;
          }
        }
      }
      if (random.nextInt(500) == 0) {
        tracker.openEpoch();
        for (int j = 0; j < live.length; j++) {
          if (live[j] && !expired[j]) {
            tracker.onDumpEntry(flow("10.0.0.1 " + (1 + j), SERVER, ESTABLISHED, bytes[j], 0));
          }
        }
        tracker.closeEpoch();
      }
    }
    for (int i = 0; i < live.length; i++) {
      if (live[i]) {
        tracker.onDestroy(flow("10.0.0.1 " + (1 + i), SERVER, TIME_WAIT, bytes[i], 0));
      }
    }

    assertThat(total).isGreaterThan(100_000);
    assertThat(traffic()).isEqualTo(Map.of(HOST, total + " 0 " + total / 10 + " 0"));
  }
}
