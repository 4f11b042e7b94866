package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.FIN_WAIT;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of flows that have ended, beside what was counted of them. */
class FlowEndsTest {
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final String HOST = "10.0.1.5:3306";
  private static final long EXPIRED_KEPT_MS = 120_000;
  private static final int NO_TIME_LEFT = 0;
  private static final EndpointOptions ALL =
      new EndpointOptions(false, true, false, false, NatView.DEFAULT, false, true, true);

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(
              1_000, 100, 3_600_000, ALL, IgnoredHosts.NONE, SourceView.NONE, 1, 0, true));
  private final List<String> lost = new ArrayList<>();

  /** By host, outcome and unit: what all ends together tell. */
  private final Map<String, Long> told = new TreeMap<>();

  private long nowMs;

  @BeforeEach
  void theHostHasAnAddress() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    tracker
        .ends()
        .tellLost(end -> {
          lost.add(text(end));
          add(end);
        });
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  private static Flow at(long timeNs, String source, String destination, int state) {
    Flow flow = Flows.tcp(source, destination, state);
    flow.timeNs = timeNs;
    flow.logged = true;
    return flow;
  }

  private static Flow carrying(Flow flow, long original, long reply) {
    flow.hasCounters = true;
    flow.originalBytes = original;
    flow.originalPackets = original / 10;
    flow.replyBytes = reply;
    flow.replyPackets = reply / 10;
    return flow;
  }

  private String destroy(Flow flow) {
    tracker.onDestroy(flow);
    FlowEnd end = tracker.ends().of(flow, true);
    add(end);
    return text(end);
  }

  private static String text(FlowEnd end) {
    return "%s %s %s %s logged=%s setup=%d duration=%d sent=%d/%d received=%d/%d"
        .formatted(
            end.cause.label,
            end.host,
            end.direction,
            end.outcome,
            end.logged,
            end.setupNs,
            end.durationNs,
            end.sentBytes,
            end.sentPackets,
            end.receivedBytes,
            end.receivedPackets);
  }

  private void add(FlowEnd end) {
    if (end.outcome != null) {
      told.merge(end.host + " " + end.outcome, 1L, Long::sum);
    }
    if (end.host != null) {
      add(end.host, "sent", end.sentBytes);
      add(end.host, "received", end.receivedBytes);
      add(end.host, "sent packets", end.sentPackets);
      add(end.host, "received packets", end.receivedPackets);
    }
  }

  private void add(String host, String what, long count) {
    if (count != 0) {
      told.merge(host + " " + what, count, Long::sum);
    }
  }

  /** The same as {@link #told}, of the counters. */
  private Map<String, Long> counted() {
    Snapshot snapshot = tracker.snapshot(nowMs);
    Map<String, Long> counted = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      String[] labels = snapshot.labels(i).split("\n", -1); // direction, host
      for (Outcome outcome : Outcome.values()) {
        if (outcome != Outcome.OPENED && snapshot.outcomes(i, outcome) > 0) {
          counted.merge(labels[1] + " " + outcome, snapshot.outcomes(i, outcome), Long::sum);
        }
      }
      for (Traffic traffic : Traffic.values()) {
        String what = traffic.name().toLowerCase(Locale.ROOT).replace("_bytes", "");
        if (snapshot.hasTraffic() && snapshot.traffic(i, traffic) > 0) {
          counted.merge(
              labels[1] + " " + what.replace('_', ' '), snapshot.traffic(i, traffic), Long::sum);
        }
      }
    }
    return counted;
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

  /** Until nothing is waited for any more. */
  private void passTime() {
    for (int i = 0; i < 4; i++) {
      advance(EXPIRED_KEPT_MS);
      epoch();
    }
  }

  @Test
  void ofAConnectionThatBothSidesClosedEverythingIsKnown() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    tracker.onUpdate(at(1_300, HERE, SERVER, ESTABLISHED));
    tracker.onUpdate(at(5_000, HERE, SERVER, FIN_WAIT));
    tracker.onUpdate(at(6_000, HERE, SERVER, TIME_WAIT));
    assertThat(destroy(carrying(at(99_000, HERE, SERVER, Flow.NO_STATE), 200, 3_000)))
        .isEqualTo(
            "event 10.0.1.5:3306 OUTBOUND ENDED_CLOSED logged=true setup=300 duration=5000"
                + " sent=200/20 received=3000/300");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void aResetIsOneAlsoWhereTheKernelTellsAnotherStateAtTheEnd() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    tracker.onUpdate(at(1_300, HERE, SERVER, ESTABLISHED));
    tracker.onUpdate(at(6_000, HERE, SERVER, TIME_WAIT));
    tracker.onUpdate(at(6_100, HERE, SERVER, CLOSE));
    assertThat(destroy(at(7_000, HERE, SERVER, CLOSE)))
        .startsWith("event 10.0.1.5:3306 OUTBOUND ENDED_CLOSED")
        .contains("duration=5000");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void aRefusedConnectionHasNoSetupButADuration() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    assertThat(destroy(at(1_400, HERE, SERVER, CLOSE)))
        .isEqualTo(
            "event 10.0.1.5:3306 OUTBOUND FAILED_REFUSED logged=true setup=-1 duration=400"
                + " sent=0/0 received=0/0");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void aFlowThatWasThereBeforeTellsOnlyWhatIsCounted() {
    epoch(carrying(at(0, HERE, SERVER, ESTABLISHED), 10_000, 20_000));
    assertThat(destroy(carrying(at(1_400, HERE, SERVER, CLOSE), 10_100, 20_050)))
        .isEqualTo(
            "event 10.0.1.5:3306 OUTBOUND ENDED_RESET logged=true setup=-1 duration=-1"
                + " sent=100/10 received=50/5");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void aFlowThatIsNotTrackedHasADirectionAlone() {
    epoch();
    assertThat(destroy(carrying(at(1_400, HERE, SERVER, CLOSE), 100, 50)))
        .startsWith("event null OUTBOUND null logged=false setup=-1 duration=-1 sent=0/0");
    FlowEnd end = tracker.ends().of(Flows.tcp("10.0.9.9 1", "10.0.0.1 53", 0), false);
    assertThat(end.direction).isEqualTo(Direction.INBOUND);
    assertThat(end.host).isNull();
  }

  @Test
  void anExpiredFlowTellsItsOutcomeWithItsLateDestroy() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    epoch();
    assertThat(counted()).isEqualTo(Map.of(HOST + " FAILED_UNANSWERED", 1L));
    Flow destroyed = carrying(at(9_000, HERE, SERVER, SYN_SENT), 60, 0);
    destroyed.timeoutSeconds = NO_TIME_LEFT;
    assertThat(destroy(destroyed))
        .isEqualTo(
            "event 10.0.1.5:3306 OUTBOUND FAILED_UNANSWERED logged=true setup=-1 duration=8000"
                + " sent=60/6 received=0/0");
    assertThat(lost).isEmpty();
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void aFlowWhoseDestroyNeverComesIsToldWhenItIsNoLongerWaitedFor() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    tracker.onUpdate(at(1_300, HERE, SERVER, ESTABLISHED));
    epoch(carrying(at(0, HERE, SERVER, ESTABLISHED), 200, 3_000));
    tracker.eventsLost();
    epoch();
    assertThat(lost).isEmpty();
    passTime();
    assertThat(lost)
        .containsExactly(
            "resync 10.0.1.5:3306 null ENDED_UNKNOWN logged=true setup=300 duration=-1"
                + " sent=200/20 received=3000/300");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void theNextConnectionOfTheSamePortsEndsTheOneBefore() {
    epoch();
    tracker.onNew(at(1_000, HERE, SERVER, SYN_SENT));
    tracker.onUpdate(at(1_300, HERE, SERVER, ESTABLISHED));
    tracker.onNew(at(9_000, HERE, SERVER, SYN_SENT));
    assertThat(lost)
        .containsExactly(
            "next 10.0.1.5:3306 null ENDED_UNKNOWN logged=true setup=300 duration=-1"
                + " sent=0/0 received=0/0");
    assertThat(destroy(carrying(at(9_200, HERE, SERVER, CLOSE), 60, 40)))
        .contains("FAILED_REFUSED logged=true setup=-1 duration=200 sent=60/6 received=40/4");
    assertThat(told).isEqualTo(counted());
  }

  @Test
  void withoutRecordsNothingIsTold() {
    try (FlowTracker plain =
        new FlowTracker(new TrackerOptions(10, 10, 0, ALL, IgnoredHosts.NONE))) {
      plain.localAddresses(Flows.local("10.0.0.1"));
      plain.ends().tellLost(end -> lost.add(text(end)));
      plain.openEpoch();
      plain.closeEpoch();
      plain.onNew(at(1_000, HERE, SERVER, SYN_SENT));
      Flow destroyed = at(1_400, HERE, SERVER, CLOSE);
      plain.onDestroy(destroyed);
      assertThat(plain.ends().of(destroyed, true).host).isNull();
      assertThat(lost).isEmpty();
    }
  }

  /**
   * Flows of a few addresses and ports live, are dumped, and end with an event or without. In the
   * end all that was told equals the counters.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void allEndsSumUpToTheCounters(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, long[]> alive = new TreeMap<>(); // state, bytes
    int[] states = {SYN_SENT, ESTABLISHED, FIN_WAIT, TIME_WAIT, CLOSE};
    epoch();
    for (int i = 1; i < 20_000; i++) {
      advance(random.nextInt(200));
      String source = "10.0.0.1 " + random.nextInt(40_000, 40_050);
      long[] flow = alive.get(source);
      int what = random.nextInt(100);
      if (flow == null && what < 50) {
        alive.put(source, new long[] {SYN_SENT, random.nextInt(100)});
        if (random.nextInt(20) > 0) {
          tracker.onNew(at(i, source, SERVER, SYN_SENT));
        } else {
          tracker.eventsLost();
        }
      } else if (flow != null && what < 70) {
        flow[0] = states[random.nextInt(states.length)];
        flow[1] += random.nextInt(1_000);
        tracker.onUpdate(at(i, source, SERVER, (int) flow[0]));
      } else if (flow != null && what < 95) {
        alive.remove(source);
        if (random.nextInt(10) > 0) {
          Flow destroyed =
              carrying(at(i, source, SERVER, (int) flow[0]), 10 * flow[1], 7 * flow[1]);
          destroyed.timeoutSeconds = random.nextInt(2);
          destroy(destroyed);
        } else {
          tracker.eventsLost();
        }
      } else if (what >= 99) {
        epoch(
            alive.entrySet().stream()
                .filter(each -> random.nextInt(10) > 0)
                .map(each ->
                    carrying(
                        at(0, each.getKey(), SERVER, (int) each.getValue()[0]),
                        10 * each.getValue()[1],
                        7 * each.getValue()[1]))
                .toArray(Flow[]::new));
      }
    }
    passTime();
    assertThat(tracker.snapshot(nowMs).countedFlows()).isZero();
    assertThat(told).isEqualTo(counted()).hasSizeGreaterThan(8);
    assertThat(lost).hasSizeGreaterThan(10);
  }
}
