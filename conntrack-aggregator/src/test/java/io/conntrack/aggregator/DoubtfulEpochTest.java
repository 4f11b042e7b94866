package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.state.Outcome;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A dump that may lack flows that are there removes none that the one before it had. */
class DoubtfulEpochTest {
  private static final String SERVER = "10.0.1.5 3306";
  private static final int ESTABLISHED = 3;

  private final List<Flow> flows =
      IntStream.rangeClosed(1, 100)
          .mapToObj(port -> Flows.tcp("10.0.0.1 " + port, SERVER, ESTABLISHED))
          .toList();
  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(1_000, 10, 300, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

  @BeforeEach
  void allAreThere() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
    dump(List.of());
    tracker.closeEpoch();
    flows.forEach(tracker::onNew);
    dump(flows);
    tracker.closeEpoch();
    assertThat(open()).isEqualTo(100);
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  private void dump(List<Flow> shown) {
    tracker.openEpoch();
    shown.forEach(tracker::onDumpEntry);
  }

  private long open() {
    return tracker.snapshot(0).countedFlows();
  }

  private long ended() {
    return tracker.snapshot(0).outcomes(0, Outcome.ENDED_TIMED_OUT);
  }

  @Test
  void whatOneDoubtfulDumpLacksStaysAndIsAvertedWhenTheNextShowsIt() {
    dump(flows.subList(0, 40));
    assertThat(tracker.closeEpoch(true).removed()).isZero();
    assertThat(tracker.takePutOff()).isEqualTo(60);
    assertThat(open()).isEqualTo(100);
    assertThat(ended()).isZero();

    dump(flows);
    assertThat(tracker.closeEpoch(true).added()).isZero();
    assertThat(tracker.takePutOff()).isZero();
    assertThat(tracker.takeAverted()).isEqualTo(60);
    assertThat(open()).isEqualTo(100);
  }

  @Test
  void whatTwoDoubtfulDumpsInARowLackIsGone() {
    dump(flows.subList(0, 40));
    tracker.closeEpoch(true);
    dump(flows.subList(10, 50));

    assertThat(tracker.closeEpoch(true).removed()).isEqualTo(50);
    assertThat(tracker.takePutOff()).isEqualTo(60 + 10);
    assertThat(tracker.takeAverted()).isEqualTo(10);
    assertThat(open()).isEqualTo(50);
    assertThat(ended()).isEqualTo(50);
  }

  @Test
  void whatIsProvedToBeAbsentAfterADoubtIsGone() {
    dump(flows.subList(0, 40));
    tracker.closeEpoch(true);
    dump(flows.subList(0, 70));

    assertThat(tracker.closeEpoch().removed()).isEqualTo(30);
    assertThat(open()).isEqualTo(70);
  }

  @Test
  void aResizeRemovesNothingHoweverOftenItComes() {
    for (int i = 0; i < 10; i++) {
      dump(flows.subList(5 * i, 50));
      tracker.abandonResizedEpoch();
      assertThat(tracker.takePutOff()).isEqualTo(50 + 5 * i);
    }
    dump(flows);
    tracker.closeEpoch();
    assertThat(tracker.takeAverted()).isEqualTo(100 - 5);
    assertThat(open()).isEqualTo(100);
    assertThat(ended()).isZero();
  }

  @Test
  void flowsThatADumpShowsAgainTellOfAResizeUnlessEventsExplainThem() {
    dump(flows);
    assertThat(tracker.sawTwice()).isFalse();
    flows.forEach(tracker::onDumpEntry);
    assertThat(tracker.sawTwice()).isTrue();
    tracker.abandonResizedEpoch();

    tracker.openEpoch();
    flows.forEach(tracker::onUpdate);
    flows.forEach(tracker::onDumpEntry);
    assertThat(tracker.sawTwice()).isFalse();
    tracker.closeEpoch();
  }

  @Test
  void anEpochThatIsAbandonedForAnotherReasonAvertsNothing() {
    dump(flows.subList(0, 40));
    tracker.abandonEpoch();
    dump(flows);
    tracker.closeEpoch();
    assertThat(tracker.takePutOff()).isZero();
    assertThat(tracker.takeAverted()).isZero();
  }

  @Test
  void whatWasPutOffAfterALossEndsForAReasonThatNobodyKnows() {
    tracker.eventsLost();
    dump(flows.subList(0, 40));
    tracker.closeEpoch(true);
    dump(flows.subList(0, 40));
    tracker.closeEpoch(true);
    assertThat(tracker.snapshot(0).outcomes(0, Outcome.ENDED_UNKNOWN)).isEqualTo(60);
  }
}
