package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.FIN_WAIT;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When another epoch would show nothing new. */
class FlowTrackerRestTest {
  private static final String SERVER = "10.0.1.5 3306";
  private static final int A_DAY_S = 86_400;

  private final FlowTracker tracker =
      new FlowTracker(new TrackerOptions(4, 2, 300, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));
  private long nowMs;

  @BeforeEach
  void begin() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    epoch();
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  private static Flow flow(int number, int tcpState, int timeoutSeconds) {
    Flow flow = Flows.tcp("10.0.0.1 " + (40_000 + number), SERVER, tcpState);
    flow.timeoutSeconds = timeoutSeconds;
    return flow;
  }

  /** One whose dump, a second later, shows these. */
  private void epoch(Flow... dumped) {
    nowMs += 1_000;
    tracker.clock(nowMs);
    tracker.openEpoch();
    for (Flow flow : dumped) {
      tracker.onDumpEntry(flow);
    }
    tracker.closeEpoch();
  }

  private boolean restsFor(long ms) {
    return tracker.isAtRest(nowMs + ms);
  }

  @Test
  void openFlowsOfWhichEventsToldRestUntilOneMayHaveRunOutOfTime() {
    tracker.onNew(flow(1, ESTABLISHED, A_DAY_S));
    tracker.onNew(flow(2, ESTABLISHED, 20));
    assertThat(restsFor(0)).isFalse();

    epoch(flow(1, ESTABLISHED, A_DAY_S), flow(2, ESTABLISHED, 20));
    assertThat(restsFor(19_999)).isTrue();
    assertThat(restsFor(20_000)).isFalse();

    epoch(flow(1, ESTABLISHED, A_DAY_S));
    assertThat(restsFor(299_999)).isTrue();
    assertThat(restsFor(300_000)).as("data that is not acknowledged").isFalse();
  }

  @Test
  void anEventEndsIt() {
    tracker.onNew(flow(1, ESTABLISHED, A_DAY_S));
    epoch(flow(1, ESTABLISHED, A_DAY_S));
    tracker.onDestroy(flow(1, ESTABLISHED, 0));
    assertThat(restsFor(0)).isFalse();

    epoch();
    assertThat(restsFor(0)).isTrue();
  }

  @Test
  void aFlowThatOnlyDumpsToldMaySendNoEvents() {
    epoch(flow(1, ESTABLISHED, A_DAY_S));
    epoch(flow(1, ESTABLISHED, A_DAY_S));
    assertThat(restsFor(0)).isFalse();

    epoch();
    assertThat(restsFor(0)).isTrue();
  }

  @Test
  void aFlowWhoseChangeNoEventToldIsNotTrustedAgain() {
    tracker.onNew(flow(1, SYN_SENT, 120));
    epoch(flow(1, ESTABLISHED, A_DAY_S));
    epoch(flow(1, ESTABLISHED, A_DAY_S));

    assertThat(restsFor(0)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {SYN_SENT, FIN_WAIT, TIME_WAIT})
  void aFlowThatIsNotOpenNeverRests(int tcpState) {
    tracker.onNew(flow(1, tcpState, 120));
    epoch(flow(1, tcpState, 120));

    assertThat(restsFor(0)).isFalse();
  }

  @Test
  void aFlowOfAFlowtableNeverRests() {
    tracker.onNew(flow(1, ESTABLISHED, A_DAY_S));
    Flow offloaded = flow(1, Flow.NO_STATE, 0);
    offloaded.offloaded = true;
    epoch(offloaded);

    assertThat(restsFor(0)).isFalse();
  }

  @Test
  void afterALossAnEpochIsNeeded() {
    tracker.onNew(flow(1, ESTABLISHED, A_DAY_S));
    epoch(flow(1, ESTABLISHED, A_DAY_S));
    tracker.eventsLost();
    assertThat(restsFor(0)).isFalse();

    epoch(flow(1, ESTABLISHED, A_DAY_S));
    assertThat(restsFor(0)).isTrue();
  }

  @Test
  void anEpochThatWasAbandonedOrIsDoubtfulProvesNothing() {
    tracker.onNew(flow(1, ESTABLISHED, A_DAY_S));
    tracker.openEpoch();
    assertThat(restsFor(0)).isFalse();
    tracker.onDumpEntry(flow(1, ESTABLISHED, A_DAY_S));
    tracker.abandonEpoch();
    assertThat(restsFor(0)).isFalse();

    tracker.openEpoch();
    tracker.onDumpEntry(flow(1, ESTABLISHED, A_DAY_S));
    tracker.closeEpoch(true);
    assertThat(restsFor(0)).isFalse();
  }

  @Test
  void flowsThatFindNoRoomAreLookedForAgain() {
    for (int i = 0; i < 4; i++) {
      tracker.onNew(flow(i, ESTABLISHED, A_DAY_S));
    }
    Flow[] five = new Flow[5];
    for (int i = 0; i < five.length; i++) {
      five[i] = flow(i, ESTABLISHED, A_DAY_S);
    }
    epoch(five);

    assertThat(restsFor(0)).isFalse();
  }
}
