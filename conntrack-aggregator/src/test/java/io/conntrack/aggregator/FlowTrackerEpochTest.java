package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.FIN_WAIT;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshots;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlowTrackerEpochTest {
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final String HOST = "10.0.1.5:3306";

  private final FlowTracker tracker =
      new FlowTracker(new TrackerOptions(8, 2, 300, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

  @BeforeEach
  void theHostHasAnAddress() {
    tracker.localAddresses(Flows.local("10.0.0.1"));
  }

  @AfterEach
  void close() {
    assertThat(tracker.recountAgrees()).isTrue();
    tracker.close();
  }

  @Test
  void aDumpAddsWhatWasUnknown() {
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(1, 0, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void aDumpCorrectsAStateThatNoEventTold() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 1, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void aDumpThatSaysWhatIsKnownChangesNothing() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 0, 0, false, true));
  }

  @Test
  void whatNeitherDumpNorEventsShowIsGone() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 1, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 0"));
  }

  @Test
  void whatAnEventShowedMayBeMissingInTheDump() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.openEpoch();
    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch().removed()).isZero();
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anEventWithoutAStateShowsNothing() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.openEpoch();
    tracker.onUpdate(Flows.tcp(HERE, SERVER, Flow.NO_STATE));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 1, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anOlderEntryDoesNotTakeBackWhatAnEventSaid() {
    tracker.openEpoch();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, SYN_SENT));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anOlderEntryDoesNotReviveAFlowThatEnded() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();
    tracker.onDestroy(Flows.tcp(HERE, SERVER, TIME_WAIT));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 0"));
  }

  @Test
  void anOlderEntryDoesNotReviveAFlowThatNobodyKnewBeforeItEnded() {
    tracker.openEpoch();
    tracker.onDestroy(Flows.tcp(HERE, SERVER, TIME_WAIT));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    tracker.closeEpoch();
    assertThat(shown()).isEmpty();
  }

  @Test
  void aTombstoneIsClearedByANewFlowOfTheSameTuple() {
    tracker.openEpoch();
    tracker.onDestroy(Flows.tcp(HERE, SERVER, TIME_WAIT));
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, TIME_WAIT));

    assertThat(tracker.closeEpoch().removed()).isZero();
    assertThat(shown()).isEqualTo(Map.of(HOST, "1 0 0 0"));
  }

  @Test
  void aTombstoneLastsAsLongAsItsEpoch() {
    tracker.openEpoch();
    tracker.onDestroy(Flows.tcp(HERE, SERVER, TIME_WAIT));
    tracker.abandonEpoch();
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(1, 0, 0, 0, false, true));
  }

  @Test
  void anEntryThatComesTwiceIsTheSameConnection() {
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(1, 0, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anEventThatWasStillQueuedRepeatsWhatTheDumpShowed() {
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));

    tracker.closeEpoch();
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anEntryWithoutAStateKeepsAKnownOneAndMarksTheFlow() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, Flow.NO_STATE));
    tracker.onDumpEntry(Flows.tcp("10.0.0.1 2", SERVER, Flow.NO_STATE));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(1, 0, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
    assertThat(tracker.snapshot(0).statelessFlows()).isEqualTo(1);
  }

  @Test
  void anAbandonedEpochRemovesNothing() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();
    tracker.abandonEpoch();

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
    assertThat(tracker.epochOpen()).isFalse();
  }

  @Test
  void whatAnAbandonedEpochSawIsInDoubtInTheNext() {
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.abandonEpoch();
    tracker.openEpoch();

    assertThat(tracker.closeEpoch().removed()).isEqualTo(1);
  }

  @Test
  void moreEndsThanCanBeKeptInMindSpoilTheEpoch() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.openEpoch();
    for (int port = 1; port <= 3; port++) {
      tracker.onDestroy(Flows.tcp("10.0.0.1 " + port, SERVER, CLOSE));
    }

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 0, 0, false, false));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
    tracker.openEpoch();
    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 1, 0, false, true));
  }

  @Test
  void theEndOfAKnownFlowIsCountedEvenWhenItCannotBeKeptInMind() {
    tracker.openEpoch();
    for (int port = 1; port <= 3; port++) {
      tracker.onNew(Flows.tcp("10.0.0.1 " + port, SERVER, ESTABLISHED));
      tracker.onDestroy(Flows.tcp("10.0.0.1 " + port, SERVER, CLOSE));
    }

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 0"));
    assertThat(tracker.closeEpoch().clean()).isFalse();
  }

  @Test
  void afterAChangeOfAddressesEntriesAndEventsMoveTheFlowsToTheirNewEndpoints() {
    tracker.onNew(Flows.tcp("10.0.9.9 1", "10.0.0.2 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.9 2", "10.0.0.2 80", ESTABLISHED));
    assertThat(shown()).isEqualTo(Map.of("10.0.0.2:80", "0 2 0 0"));

    tracker.localAddresses(Flows.local("10.0.0.1", "10.0.0.2"));
    tracker.openEpoch();
    tracker.onUpdate(Flows.tcp("10.0.9.9 1", "10.0.0.2 80", FIN_WAIT));
    tracker.onDumpEntry(Flows.tcp("10.0.9.9 1", "10.0.0.2 80", ESTABLISHED));
    tracker.onDumpEntry(Flows.tcp("10.0.9.9 2", "10.0.0.2 80", ESTABLISHED));

    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 1, 0, 0, false, true));
    assertThat(shown()).isEqualTo(Map.of("10.0.0.2:80", "0 0 0 0", "10.0.9.9", "0 1 1 0"));
  }

  @Test
  void aHostThatDidNotFitIsShownWholeOrNotAtAll() {
    shareOther();

    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp("10.0.0.1 3", SERVER, ESTABLISHED));
    tracker.onUpdate(Flows.tcp("10.0.0.1 4", SERVER, ESTABLISHED));
    assertThat(shown()).isEqualTo(Map.of("10.0.9.1", "0 1 0 0", "other", "0 3 1 0"));
    tracker.onDumpEntry(Flows.tcp("10.0.0.1 5", SERVER, FIN_WAIT));
    tracker.onDumpEntry(Flows.tcp("10.0.9.1 1", "10.0.0.1 80", ESTABLISHED));
    tracker.onDestroy(Flows.tcp("10.0.9.2 1", "10.0.0.1 80", CLOSE));
    tracker.closeEpoch();

    assertThat(shown())
        .isEqualTo(Map.of("10.0.9.1", "0 1 0 0", HOST, "0 2 1 0", "other", "0 0 0 0"));
  }

  @Test
  void anUncleanEndShowsNoHostThatMayBeIncomplete() {
    shareOther();
    tracker.openEpoch();
    tracker.onDumpEntry(Flows.tcp("10.0.0.1 3", SERVER, ESTABLISHED));
    tracker.abandonEpoch();
    assertThat(shown()).isEqualTo(Map.of("10.0.9.1", "0 1 0 0", "other", "1 2 1 0"));

    tracker.openEpoch();
    for (int port = 6; port <= 8; port++) {
      tracker.onDestroy(Flows.tcp("10.0.0.1 " + port, SERVER, CLOSE));
    }
    assertThat(tracker.closeEpoch().clean()).isFalse();
    assertThat(shown()).isEqualTo(Map.of("10.0.9.1", "0 1 0 0", "other", "1 2 1 0"));
  }

  /** A client has no room, so that a server that comes then is hidden with it. */
  private void shareOther() {
    tracker.onNew(Flows.tcp("10.0.9.1 1", "10.0.0.1 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.9.2 1", "10.0.0.1 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.0.1 3", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.0.1 4", SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp("10.0.0.1 5", SERVER, FIN_WAIT));
    assertThat(shown()).isEqualTo(Map.of("10.0.9.1", "0 1 0 0", "other", "1 2 1 0"));
  }

  @Test
  void callsOutOfOrderSayWhatToDo() {
    assertThatThrownBy(() -> tracker.onDumpEntry(Flows.tcp(HERE, SERVER, ESTABLISHED)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("onDumpEntry: no epoch is open, the last was epoch=0; call openEpoch first");
    assertThatThrownBy(tracker::closeEpoch).hasMessageStartingWith("closeEpoch: no epoch is open");
    assertThatThrownBy(tracker::abandonEpoch).hasMessageStartingWith("abandonEpoch: no epoch");
    tracker.openEpoch();
    assertThatThrownBy(tracker::openEpoch)
        .hasMessage("openEpoch: epoch=1 is still open; close or abandon it first");
  }

  @Test
  void whatTheTableHasNoRoomForIsToldAfterTheEpoch() {
    tracker.limitFlows(2);
    tracker.openEpoch();
    for (int port = 1; port <= 5; port++) {
      tracker.onDumpEntry(Flows.tcp("10.0.0.1 " + port, "10.0.1.5 3306", ESTABLISHED));
    }

    assertThat(tracker.snapshot(0).untrackedFlows()).isZero();
    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(2, 0, 0, 3, false, true));
    assertThat(tracker.snapshot(0).untrackedFlows()).isEqualTo(3);
    assertThat(tracker.snapshot(0).countedFlows()).isEqualTo(2);
  }

  @Test
  void whatOnlyTheSweepMakesRoomForIsToldSoThatAnotherEpochFollows() {
    tracker.limitFlows(1);
    tracker.onNew(Flows.tcp("10.0.0.1 1", "10.0.1.5 3306", ESTABLISHED));
    Flow unseen = Flows.tcp("10.0.0.1 2", "10.0.1.5 3306", ESTABLISHED);
    tracker.openEpoch();
    tracker.onDumpEntry(unseen);
    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(0, 0, 1, 1, true, true));

    tracker.openEpoch();
    tracker.onDumpEntry(unseen);
    assertThat(tracker.closeEpoch()).isEqualTo(new EpochResult(1, 0, 0, 0, false, true));
    assertThat(tracker.snapshot(0).untrackedFlows()).isZero();
  }

  @Test
  void aLimitThatIsRaisedHoldsAtOnceAndOneThatIsLoweredRemovesNothing() {
    tracker.limitFlows(1);
    tracker.onNew(Flows.tcp("10.0.0.1 1", "10.0.1.5 3306", ESTABLISHED));
    tracker.limitFlows(2);
    tracker.onNew(Flows.tcp("10.0.0.1 2", "10.0.1.5 3306", ESTABLISHED));
    tracker.limitFlows(1);
    tracker.onNew(Flows.tcp("10.0.0.1 3", "10.0.1.5 3306", ESTABLISHED));

    assertThat(tracker.snapshot(0).countedFlows()).isEqualTo(2);
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(tracker.snapshot(0));
  }
}
