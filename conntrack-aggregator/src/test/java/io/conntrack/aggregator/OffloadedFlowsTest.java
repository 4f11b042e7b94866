package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.FIN_WAIT;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static io.conntrack.aggregator.state.Outcome.ENDED_CLOSED;
import static io.conntrack.aggregator.state.Outcome.ENDED_EVICTED;
import static io.conntrack.aggregator.state.Outcome.ENDED_RESET;
import static io.conntrack.aggregator.state.Outcome.ENDED_TIMED_OUT;
import static io.conntrack.aggregator.state.Outcome.ENDED_UNKNOWN;
import static io.conntrack.aggregator.state.Outcome.FAILED_REFUSED;
import static io.conntrack.aggregator.state.Outcome.OPENED;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What kernels tell of flows that a flowtable forwards, as make test-vm sees them do it. */
class OffloadedFlowsTest {
  private static final String CLIENT = "10.0.0.9 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final int SYN_RECV = 2;
  private static final int LAST_ACK = 6;

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(100, 100, 1_000, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

  @BeforeEach
  void firstEpoch() {
    tracker.openEpoch();
    tracker.closeEpoch();
  }

  @AfterEach
  void close() {
    tracker.close();
  }

  /** Linux 5.10 offloads a flow at its answer. Its state stays SYN_RECV. */
  @Test
  void offloadedWhenItWasAnsweredItIsOpen() {
    tracker.onNew(flow(SYN_SENT));
    tracker.onUpdate(offloaded(SYN_RECV));

    assertStates(0, 1, 0, 0);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L));
    dump(offloaded(Flow.NO_STATE));
    assertStates(0, 1, 0, 0);
  }

  @Test
  void itStaysOpenWhenItLeavesTheFlowtableIdle() {
    tracker.onNew(flow(SYN_SENT));
    tracker.onUpdate(offloaded(SYN_RECV));
    dump(flow(SYN_RECV));

    assertStates(0, 1, 0, 0);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L));
  }

  @Test
  void aResetAfterItIsNoRefusal() {
    tracker.onNew(flow(SYN_SENT));
    tracker.onUpdate(offloaded(SYN_RECV));
    tracker.onUpdate(flow(CLOSE));
    ended(flow(Flow.NO_STATE), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void aCloseThatEventsTellIsKnown() {
    opened();
    tracker.onUpdate(flow(FIN_WAIT));
    assertStates(0, 0, 1, 0);
    tracker.onUpdate(flow(LAST_ACK));
    tracker.onUpdate(flow(TIME_WAIT));
    ended(flow(TIME_WAIT), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  /** Linux 5.10 takes the last ACK into the flowtable again. */
  @Test
  void offloadedAgainWhenItWasOverItStaysOver() {
    opened();
    tracker.onUpdate(offloaded(TIME_WAIT));
    dump(offloaded(Flow.NO_STATE));

    assertStates(0, 0, 1, 0);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  /** Linux 6.1 does not believe the reset, and gives the flow up ten seconds later. */
  @Test
  void whetherItTimedOutOrWasResetIsUnknown() {
    opened();
    ended(flow(ESTABLISHED), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
  }

  /** Newer kernels write CLOSE into a flow that had a FIN or a reset, and send no event of it. */
  @Test
  void whetherItWasClosedOrResetIsUnknownIfOnlyItsDestroyTells() {
    opened();
    ended(flow(CLOSE), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void norDoesADumpTell() {
    opened();
    dump(flow(CLOSE));
    assertStates(0, 0, 0, 1);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L));
    ended(flow(CLOSE), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void anEventAfterTheDumpDoes() {
    opened();
    dump(flow(CLOSE));
    tracker.onUpdate(flow(CLOSE));
    ended(flow(CLOSE), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void oneOfWhichNoMessageSaidThatItWasOffloaded() {
    opened();
    Flow other = Flows.tcp("10.0.0.9 40001", SERVER, SYN_SENT);
    tracker.onNew(other);
    other.tcpState = ESTABLISHED;
    tracker.onUpdate(other);
    other.tcpState = CLOSE;
    tracker.onDestroy(other);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 2L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void whatIsNotTcpTimesOut() {
    opened();
    Flow other = Flows.tcp("10.0.0.9 40001", SERVER, ESTABLISHED);
    other.protocol = 17;
    tracker.onNew(other);
    tracker.onDestroy(other);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 2L, ENDED_TIMED_OUT, 1L));
  }

  @Test
  void oneThatWasRefusedWasNeverOffloaded() {
    opened();
    Flow other = Flows.tcp("10.0.0.9 40001", SERVER, SYN_SENT);
    tracker.onNew(other);
    other.tcpState = CLOSE;
    tracker.onDestroy(other);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, FAILED_REFUSED, 1L));
  }

  @Test
  void somebodyDeletesIt() {
    opened();
    ended(offloaded(ESTABLISHED), 86_400);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_EVICTED, 1L));
  }

  @Test
  void itIsGoneFromTheTable() {
    opened();
    tracker.openEpoch();
    tracker.closeEpoch();

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
  }

  /** After a restart of the exporter: a dump tells no state of an offloaded flow. */
  @Test
  void oneThatWasThereBeforeIsOpen() {
    try (FlowTracker late =
        new FlowTracker(
            new TrackerOptions(10, 10, 1_000, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE))) {
      late.openEpoch();
      late.onDumpEntry(offloaded(Flow.NO_STATE));
      late.closeEpoch();
      assertThat(late.snapshot(0).countedFlows()).isEqualTo(1);
      assertThat(counted(late.snapshot(0))).isEmpty();
      late.onDestroy(flow(CLOSE));

      assertThat(counted(late.snapshot(0))).isEqualTo(Map.of(ENDED_UNKNOWN, 1L));
    }
  }

  @Test
  void theNextConnectionOfItsTupleMayHaveBeenOffloadedWithoutAMessage() {
    opened();
    tracker.onNew(flow(SYN_SENT));
    assertStates(1, 0, 0, 0);
    tracker.onUpdate(flow(ESTABLISHED));
    ended(flow(ESTABLISHED), 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 2L, ENDED_UNKNOWN, 2L));
  }

  private void opened() {
    tracker.onNew(flow(SYN_SENT));
    tracker.onUpdate(flow(SYN_RECV));
    tracker.onUpdate(offloaded(ESTABLISHED));
    assertStates(0, 1, 0, 0);
  }

  private static Flow flow(int tcpState) {
    return Flows.tcp(CLIENT, SERVER, tcpState);
  }

  private static Flow offloaded(int tcpState) {
    Flow flow = flow(tcpState);
    flow.offloaded = true;
    return flow;
  }

  private void ended(Flow flow, int timeoutSeconds) {
    flow.timeoutSeconds = timeoutSeconds;
    tracker.onDestroy(flow);
  }

  private void dump(Flow flow) {
    tracker.openEpoch();
    tracker.onDumpEntry(flow);
    tracker.closeEpoch();
  }

  private void assertStates(int... expected) {
    Snapshot snapshot = tracker.snapshot(0);
    int[] found = new int[ConnectionState.COUNT];
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (ConnectionState state : ConnectionState.values()) {
        found[state.column] += snapshot.connections(endpoint, state);
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  private Map<Outcome, Long> counted() {
    return counted(tracker.snapshot(0));
  }

  private static Map<Outcome, Long> counted(Snapshot snapshot) {
    Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (Outcome outcome : Outcome.values()) {
        if (snapshot.outcomes(endpoint, outcome) > 0) {
          counts.merge(outcome, snapshot.outcomes(endpoint, outcome), Long::sum);
        }
      }
    }
    return counts;
  }
}
