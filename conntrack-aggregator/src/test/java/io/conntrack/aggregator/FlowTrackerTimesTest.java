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
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Timing;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long connections took, from the times of their events. */
class FlowTrackerTimesTest {
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final String HOST = "10.0.1.5:3306";
  private static final EndpointOptions TIMES =
      new EndpointOptions(false, false, false, false, NatView.DEFAULT, false, true, true);
  private static final long BEGAN_NS = 1_800_000_000_000_000_000L;

  private final FlowTracker tracker =
      new FlowTracker(new TrackerOptions(100, 10, 300, TIMES, IgnoredHosts.NONE));

  @BeforeEach
  void theHostHasAnAddressAndIsSynced() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    epoch();
  }

  @AfterEach
  void close() {
    tracker.close();
  }

  private void epoch(Flow... entries) {
    tracker.openEpoch();
    for (Flow entry : entries) {
      tracker.onDumpEntry(entry);
    }
    assertThat(tracker.closeEpoch().clean()).isTrue();
  }

  /** So many milliseconds after the beginning. */
  private static Flow at(long ms, int tcpState) {
    Flow flow = Flows.tcp(HERE, SERVER, tcpState);
    flow.timeNs = BEGAN_NS + ms * 1_000_000;
    return flow;
  }

  /** A dump's entry, with the start that the kernel tells. */
  private static Flow entry(long startMs, int tcpState) {
    Flow flow = at(10_000, tcpState);
    flow.startNs = BEGAN_NS + startMs * 1_000_000;
    return flow;
  }

  /** "count sum" of a host, in seconds. */
  private String times(Timing timing, String host) {
    Snapshot snapshot = tracker.snapshot(0);
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      if (snapshot.labels(i).equals(host)) {
        Histograms histograms = snapshot.times(timing);
        return histograms.count(i) + " " + histograms.sum(i);
      }
    }
    throw new AssertionError(host + " is not shown");
  }

  private void assertTimes(String setup, String duration) {
    assertThat(times(Timing.SETUP, HOST)).isEqualTo(setup);
    assertThat(times(Timing.DURATION, HOST)).isEqualTo(duration);
  }

  @Test
  void fromTheFirstPacketToEstablishedAndToTheEnd() {
    tracker.onNew(at(0, SYN_SENT));
    assertTimes("0 0.0", "0 0.0");
    tracker.onUpdate(at(250, ESTABLISHED));
    assertTimes("1 0.25", "0 0.0");
    tracker.onUpdate(at(1000, FIN_WAIT));
    tracker.onUpdate(at(1500, TIME_WAIT));
    assertTimes("1 0.25", "1 1.5");
    tracker.onDestroy(at(121_500, TIME_WAIT));
    assertTimes("1 0.25", "1 1.5");

    Map<Integer, Long> columns = new TreeMap<>();
    tracker.snapshot(0).times(Timing.SETUP).forEach(0, columns::put);
    assertThat(columns).isEqualTo(Map.of(Timing.SETUP.column(0.25), 1L));
  }

  @Test
  void whatNeverOpenedHasNoTimes() {
    tracker.onNew(at(0, SYN_SENT));
    tracker.onUpdate(at(100, CLOSE));
    tracker.onDestroy(at(10_100, CLOSE));

    assertTimes("0 0.0", "0 0.0");
  }

  @Test
  void aResetAndAnEvictionEndAConnectionToo() {
    tracker.onNew(at(0, SYN_SENT));
    tracker.onUpdate(at(1, ESTABLISHED));
    tracker.onUpdate(at(500, CLOSE));
    assertTimes("1 0.001", "1 0.5");
    tracker.onDestroy(at(10_500, CLOSE));
    tracker.onNew(at(20_000, SYN_SENT));
    tracker.onUpdate(at(20_001, ESTABLISHED));
    Flow evicted = at(22_000, ESTABLISHED);
    evicted.timeoutSeconds = 400;
    tracker.onDestroy(evicted);

    assertTimes("2 0.002", "2 2.5");
  }

  @Test
  void whatIsPickedUpInMidStreamWasSetUpInATimeThatNobodyKnows() {
    tracker.onNew(at(0, ESTABLISHED));
    tracker.onUpdate(at(500, TIME_WAIT));

    assertTimes("0 0.0", "0 0.0");
  }

  @Test
  void whatWasThereBeforeHasLivedSinceTheKernelSays() {
    epoch(entry(2_000, ESTABLISHED));
    tracker.onUpdate(at(12_000, TIME_WAIT));

    assertTimes("0 0.0", "1 10.0");
  }

  @Test
  void withoutTheKernelsStartItsLifeIsUnknown() {
    epoch(at(10_000, ESTABLISHED));
    tracker.onUpdate(at(12_000, TIME_WAIT));

    assertTimes("0 0.0", "0 0.0");
  }

  @Test
  void theNextConnectionOfTheSameTupleHasTimesOfItsOwn() {
    tracker.onNew(at(0, SYN_SENT));
    tracker.onUpdate(at(10, ESTABLISHED));
    tracker.onNew(at(60_000, SYN_SENT)); // the DESTROY was lost
    tracker.onUpdate(at(60_020, ESTABLISHED));
    tracker.onUpdate(at(61_000, TIME_WAIT));

    assertTimes("2 0.03", "1 1.0");
  }

  @Test
  void whatADumpHasShownToBeOpenOpenedAtATimeThatNobodyKnows() {
    tracker.onNew(at(0, SYN_SENT));
    epoch(at(10_000, ESTABLISHED));
    tracker.onUpdate(at(11_000, TIME_WAIT));

    assertTimes("0 0.0", "1 11.0");
  }

  @Test
  void aClockThatWasSetBackCountsNothing() {
    tracker.onNew(at(1_000, SYN_SENT));
    tracker.onUpdate(at(500, ESTABLISHED));
    tracker.onUpdate(at(2_000, TIME_WAIT));

    assertTimes("0 0.0", "1 1.0");
  }

  @Test
  void aTimeOfAnEndpointWithoutRoomIsInOther() {
    try (FlowTracker one =
        new FlowTracker(new TrackerOptions(100, 1, 300, TIMES, IgnoredHosts.NONE))) {
      one.localAddresses(Flows.local("10.0.0.1"));
      one.onNew(Flows.tcp("10.0.0.1 1", "10.0.1.6 80", SYN_SENT));
      one.onNew(at(0, SYN_SENT));
      one.onUpdate(at(2_000, ESTABLISHED));

      Histograms setup = one.snapshot(0).times(Timing.SETUP);
      assertThat(one.snapshot(0).labels(0)).isEqualTo("other");
      assertThat(setup.count(0)).isOne();
      assertThat(setup.sum(0)).isEqualTo(2.0);
      assertThat(setup.count(1)).isZero();
    }
  }
}
