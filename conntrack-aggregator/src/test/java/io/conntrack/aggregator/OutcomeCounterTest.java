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
import static io.conntrack.aggregator.state.Outcome.FAILED_EVICTED;
import static io.conntrack.aggregator.state.Outcome.FAILED_REFUSED;
import static io.conntrack.aggregator.state.Outcome.FAILED_UNANSWERED;
import static io.conntrack.aggregator.state.Outcome.FAILED_UNKNOWN;
import static io.conntrack.aggregator.state.Outcome.OPENED;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutcomeCounterTest {
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final int LAST_ACK = 6;

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(1_000, 100, 1_000, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

  @BeforeEach
  void firstEpoch() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    tracker.openEpoch();
    tracker.closeEpoch();
  }

  @AfterEach
  void close() {
    tracker.close();
  }

  @Test
  void openedAtEstablishedAndClosedAtTimeWait() {
    began(SYN_SENT);
    assertThat(counted()).isEmpty();
    changed(ESTABLISHED);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L));
    changed(FIN_WAIT);
    changed(LAST_ACK);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L));
    changed(TIME_WAIT);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
    changed(CLOSE);
    ended(CLOSE, 0);
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  @Test
  void resetWhenItWasOpenAndRefusedWhenNot() {
    began(SYN_SENT);
    changed(ESTABLISHED);
    changed(CLOSE);
    ended(CLOSE, 0);
    began(SYN_SENT);
    ended(CLOSE, 9);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L, FAILED_REFUSED, 1L));
  }

  @Test
  void timeThatIsLeftTellsEvictedFromTimedOut() {
    began(SYN_SENT);
    ended(SYN_SENT, 0);
    began(SYN_SENT);
    ended(SYN_SENT, 100);
    began(ESTABLISHED);
    ended(ESTABLISHED, 0);
    began(ESTABLISHED);
    ended(ESTABLISHED, 100);

    assertThat(counted())
        .isEqualTo(
            Map.of(
                OPENED, 2L,
                FAILED_UNANSWERED, 1L,
                FAILED_EVICTED, 1L,
                ENDED_TIMED_OUT, 1L,
                ENDED_EVICTED, 1L));
  }

  @Test
  void aDestroyThatTellsMoreThanWasKnownCountsItAll() {
    began(SYN_SENT);
    ended(TIME_WAIT, 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  @Test
  void aDestroyThatTellsNothing() {
    began(SYN_SENT);
    ended(Flow.NO_STATE, 0);
    began(ESTABLISHED);
    ended(Flow.NO_STATE, 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, FAILED_UNKNOWN, 1L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void aDestroyOfAnUnknownFlowCountsNothing() {
    ended(TIME_WAIT, 0);

    assertThat(counted()).isEmpty();
  }

  @Test
  void whatADumpFindsAndItsEventsRepeatIsCountedOnce() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(TIME_WAIT));
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
    began(SYN_SENT);
    changed(ESTABLISHED);
    changed(TIME_WAIT);
    tracker.closeEpoch();
    ended(TIME_WAIT, 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  @Test
  void howAConnectionGotToCloseThatADumpFindsThereIsUnknown() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(CLOSE));
    tracker.closeEpoch();
    ended(CLOSE, 0);

    assertThat(counted()).isEmpty();
  }

  @Test
  void aDumpThatIsAheadOfTheEventsOfAConnectionThatIsReset() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(CLOSE));
    began(ESTABLISHED);
    changed(CLOSE);
    changed(CLOSE);
    tracker.closeEpoch();
    ended(CLOSE, 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void aDumpThatIsAheadOfTheEventsOfAConnectionThatIsRefused() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(CLOSE));
    began(SYN_SENT);
    changed(CLOSE);
    changed(CLOSE);
    tracker.closeEpoch();
    ended(CLOSE, 0);

    assertThat(counted()).isEqualTo(Map.of(FAILED_REFUSED, 1L));
  }

  @Test
  void aDumpThatShowsTheResetOfAConnectionWhoseOpeningIsStillQueued() {
    began(SYN_SENT);
    tracker.openEpoch();
    tracker.onDumpEntry(flow(CLOSE));
    assertThat(counted()).isEmpty();
    changed(ESTABLISHED);
    changed(CLOSE);
    tracker.closeEpoch();
    ended(CLOSE, 0);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void aConnectionThatSendsNoEventsAndThatADumpShowsInCloseWasRefused() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(SYN_SENT));
    tracker.closeEpoch();
    tracker.openEpoch();
    tracker.onDumpEntry(flow(CLOSE));
    tracker.closeEpoch();
    sweep();

    assertThat(counted()).isEqualTo(Map.of(FAILED_REFUSED, 1L));
  }

  @Test
  void aDumpThatIsAheadOfTheEventsOfAKnownFlow() {
    began(SYN_SENT);
    tracker.openEpoch();
    tracker.onDumpEntry(flow(TIME_WAIT));
    changed(ESTABLISHED);
    changed(TIME_WAIT);
    tracker.closeEpoch();

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
  }

  @Test
  void whatIsGoneHasTimedOutUnlessEventsWereLost() {
    began(ESTABLISHED);
    sweep();
    began(SYN_SENT);
    sweep();
    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_TIMED_OUT, 1L, FAILED_UNANSWERED, 1L));

    began(ESTABLISHED);
    tracker.eventsLost();
    sweep();
    began(SYN_SENT);
    sweep();
    assertThat(counted())
        .isEqualTo(
            Map.of(OPENED, 2L, ENDED_TIMED_OUT, 1L, FAILED_UNANSWERED, 2L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void howAFlowEndedThatMaySendNoEventsIsUnknown() {
    tracker.openEpoch();
    tracker.onDumpEntry(flow(ESTABLISHED));
    tracker.closeEpoch();
    sweep();

    assertThat(counted()).isEqualTo(Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
  }

  @Test
  void aNewConnectionWithTheTupleOfOneWhoseEndWasLost() {
    began(SYN_SENT);
    changed(ESTABLISHED);
    began(SYN_SENT);
    began(SYN_SENT);
    changed(ESTABLISHED);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 2L, ENDED_UNKNOWN, 1L, FAILED_UNKNOWN, 1L));
  }

  @Test
  void aConnectionThatTakesTheEntryOfOneThatIsOver() {
    began(ESTABLISHED);
    changed(TIME_WAIT);
    changed(ESTABLISHED);
    changed(CLOSE);

    assertThat(counted()).isEqualTo(Map.of(OPENED, 2L, ENDED_CLOSED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void whatWasThereBeforeTheFirstCleanEpochIsNotCountedAsOpened() {
    try (FlowTracker late =
        new FlowTracker(
            new TrackerOptions(10, 10, 1_000, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE))) {
      late.localAddresses(Flows.local("10.0.0.1"));
      late.openEpoch();
      late.onDumpEntry(Flows.tcp("10.0.0.1 1", SERVER, ESTABLISHED));
      late.onDumpEntry(Flows.tcp("10.0.0.1 2", SERVER, TIME_WAIT));
      late.onDumpEntry(Flows.tcp("10.0.0.1 3", SERVER, SYN_SENT));
      late.onUpdate(Flows.tcp("10.0.0.1 4", SERVER, FIN_WAIT));
      late.closeEpoch();
      late.onUpdate(Flows.tcp("10.0.0.1 1", SERVER, CLOSE));
      late.onUpdate(Flows.tcp("10.0.0.1 3", SERVER, ESTABLISHED));

      assertThat(counted(late.snapshot(0))).isEqualTo(Map.of(OPENED, 1L, ENDED_RESET, 1L));
    }
  }

  /** Connections that live as they like, told by events and by dumps: no loss, all of them new. */
  @Test
  void whatOpenedHasEndedOrIsOpen() {
    Random random = new Random(1);
    int[] states = new int[50];
    boolean[] open = new boolean[states.length];
    for (int step = 0; step < 200_000; step++) {
      int i = random.nextInt(states.length);
      step(random, states, open, i);
      if (step % 1_000 == 0) {
        resync(states);
        assertBalance(open);
      }
    }
    assertBalance(open);
  }

  private void step(Random random, int[] states, boolean[] open, int i) {
    String source = "10.0.0.1 " + (1 + i);
    if (states[i] == 0) {
      states[i] = random.nextBoolean() ? SYN_SENT : ESTABLISHED;
      tracker.onNew(Flows.tcp(source, SERVER, states[i]));
    } else if (states[i] == TIME_WAIT || states[i] == CLOSE || random.nextInt(4) == 0) {
      Flow flow = Flows.tcp(source, SERVER, states[i]);
      flow.timeoutSeconds = random.nextInt(2);
      tracker.onDestroy(flow);
      states[i] = 0;
    } else {
      int[] next = {ESTABLISHED, FIN_WAIT, LAST_ACK, TIME_WAIT, CLOSE};
      states[i] = Math.max(states[i], next[random.nextInt(next.length)]);
      tracker.onUpdate(Flows.tcp(source, SERVER, states[i]));
    }
    open[i] = states[i] >= ESTABLISHED && states[i] < TIME_WAIT;
  }

  private void resync(int[] states) {
    tracker.openEpoch();
    for (int i = 0; i < states.length; i++) {
      if (states[i] != 0) {
        tracker.onDumpEntry(Flows.tcp("10.0.0.1 " + (1 + i), SERVER, states[i]));
      }
    }
    tracker.closeEpoch();
  }

  private void assertBalance(boolean[] open) {
    Map<Outcome, Long> counted = counted();
    long stillOpen = 0;
    for (boolean one : open) {
      stillOpen += one ? 1 : 0;
    }
    long ended = 0;
    for (Outcome outcome :
        new Outcome[] {ENDED_CLOSED, ENDED_RESET, ENDED_TIMED_OUT, ENDED_EVICTED}) {
      ended += counted.getOrDefault(outcome, 0L);
    }
    assertThat(counted).doesNotContainKeys(ENDED_UNKNOWN, FAILED_UNKNOWN);
    assertThat(counted.getOrDefault(OPENED, 0L)).isEqualTo(ended + stillOpen);
  }

  private static Flow flow(int tcpState) {
    return Flows.tcp(HERE, SERVER, tcpState);
  }

  private void began(int tcpState) {
    tracker.onNew(flow(tcpState));
  }

  private void changed(int tcpState) {
    tracker.onUpdate(flow(tcpState));
  }

  private void ended(int tcpState, int timeoutSeconds) {
    Flow flow = flow(tcpState);
    flow.timeoutSeconds = timeoutSeconds;
    tracker.onDestroy(flow);
  }

  private void sweep() {
    tracker.openEpoch();
    tracker.closeEpoch();
  }

  private Map<Outcome, Long> counted() {
    return counted(tracker.snapshot(0));
  }

  /** Over all endpoints, but for what never happened. */
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
