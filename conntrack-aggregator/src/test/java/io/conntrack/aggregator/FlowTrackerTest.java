package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.CLOSE;
import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.SYN_SENT;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlowTrackerTest {
  private static final long RETENTION_MS = 300;
  private static final String HERE = "10.0.0.1 40000";
  private static final String SERVER = "10.0.1.5 3306";
  private static final String HOST = "10.0.1.5:3306";

  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(3, 10, RETENTION_MS, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));

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
  void aConnectionIsCountedInTheStateThatWasToldLast() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    assertThat(shown()).isEqualTo(Map.of(HOST, "1 0 0 0"));

    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));

    tracker.onUpdate(Flows.tcp(HERE, SERVER, TIME_WAIT));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 1 0"));

    tracker.onUpdate(Flows.tcp(HERE, SERVER, CLOSE));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 1"));

    tracker.onDestroy(Flows.tcp(HERE, SERVER, CLOSE));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 0"));
  }

  @Test
  void expectingFlowsChangesNothing() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    Flow[] known = {Flows.tcp(HERE, SERVER, ESTABLISHED)};
    Flow[] unknown = new Flow[FlowTracker.MOST_EXPECTED];
    Arrays.setAll(unknown, i -> Flows.tcp("10.0.0.1 " + i, SERVER, SYN_SENT));

    tracker.expect(known, known.length);
    tracker.expect(unknown, unknown.length);
    tracker.expect(unknown, 0);

    assertThat(shown()).isEqualTo(Map.of(HOST, "1 0 0 0"));
  }

  @Test
  void anEndpointThatExpiresBeforeAnExpectedFlowComesIsAdmittedAnew() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.onDestroy(Flows.tcp(HERE, SERVER, SYN_SENT));
    Flow next = Flows.tcp("10.0.0.1 40001", SERVER, ESTABLISHED);
    tracker.expect(new Flow[] {next}, 1);
    assertThat(tracker.snapshot(RETENTION_MS).endpointsInUse()).isZero();

    tracker.onNew(next);

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
    assertThat(tracker.snapshot(0).endpointsInUse()).isEqualTo(1);
  }

  @Test
  void anEndpointWhoseRecordIsTakenBeforeAnExpectedFlowComesIsAnotherOne() {
    String gone = "10.0.2.1 80";
    tracker.onNew(Flows.tcp(HERE, gone, SYN_SENT));
    tracker.onDestroy(Flows.tcp(HERE, gone, SYN_SENT));
    Flow first = Flows.tcp(HERE, SERVER, ESTABLISHED);
    Flow again = Flows.tcp("10.0.0.1 40001", gone, ESTABLISHED);
    tracker.expect(new Flow[] {first, again}, 2);
    tracker.snapshot(RETENTION_MS);

    tracker.onNew(first);
    tracker.onNew(again);

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0", "10.0.2.1:80", "0 1 0 0"));
  }

  @Test
  void connectionsToOneEndpointAddUp() {
    tracker.onNew(Flows.tcp("10.0.0.1 1", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.0.1 2", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.0.1 3", "10.0.1.6 80", SYN_SENT));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 2 0 0", "10.0.1.6:80", "1 0 0 0"));
    assertThat(tracker.snapshot(0).countedFlows()).isEqualTo(3);
  }

  @Test
  void aNewThatComesTwiceIsTheSameConnection() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void flowsThatDifferOnlyInTheirZoneAreTwo() {
    Flow inZone = Flows.tcp(HERE, SERVER, ESTABLISHED);
    inZone.zone = 7;
    tracker.onNew(inZone);
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 2 0 0"));
  }

  @Test
  void anUpdateWithAStateShowsAFlowThatIsOlderThanTheDaemon() {
    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anUpdateWithoutAStateKeepsTheStateAndCreatesNothing() {
    tracker.onUpdate(Flows.tcp(HERE, SERVER, Flow.NO_STATE));
    assertThat(shown()).isEmpty();
    assertThat(tracker.snapshot(0).statelessFlows()).isZero();

    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.onUpdate(Flows.tcp(HERE, SERVER, Flow.NO_STATE));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void aFlowWithoutAStateIsTrackedButNotCounted() {
    tracker.onNew(Flows.tcp(HERE, SERVER, Flow.NO_STATE));
    tracker.onNew(Flows.tcp("10.0.0.1 2", SERVER, 0));

    assertThat(shown()).isEmpty();
    assertThat(tracker.snapshot(0).statelessFlows()).isEqualTo(2);
    assertThat(tracker.snapshot(0).endpointsInUse()).isZero();

    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));
    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
    assertThat(tracker.snapshot(0).statelessFlows()).isEqualTo(1);
  }

  @Test
  void aStateThatOnlyALaterKernelKnowsIsNotCounted() {
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.onUpdate(Flows.tcp(HERE, SERVER, 15));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 0 0 0"));
    assertThat(tracker.snapshot(0).statelessFlows()).isEqualTo(1);

    tracker.onDestroy(Flows.tcp(HERE, SERVER, 200));
    assertThat(tracker.snapshot(0).statelessFlows()).isZero();
  }

  @Test
  void theEndOfAnUnknownFlowChangesNothing() {
    tracker.onDestroy(Flows.tcp(HERE, SERVER, CLOSE));

    assertThat(shown()).isEmpty();
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    assertThat(shown()).isEqualTo(Map.of(HOST, "1 0 0 0"));
  }

  @Test
  void aFlowLeavesTheEndpointAtWhichItWasCountedWhateverIsLocalNow() {
    tracker.onNew(Flows.tcp("10.0.9.9 51234", "10.0.0.1 80", ESTABLISHED));
    tracker.localAddresses(Flows.local("10.0.0.2"));
    tracker.onDestroy(Flows.tcp("10.0.9.9 51234", "10.0.0.1 80", CLOSE));

    assertThat(shown()).isEqualTo(Map.of("10.0.9.9", "0 0 0 0"));
  }

  @Test
  void aReusedTupleBehindAnotherServerIsCountedThere() {
    String client = "10.0.9.9 51234";
    String service = "192.0.2.1 80";
    tracker.onNew(Flows.natted(client, service, "172.17.0.2 8080", client, ESTABLISHED));
    tracker.onUpdate(Flows.natted(client, service, "172.17.0.3 8080", client, ESTABLISHED));

    assertThat(shown())
        .isEqualTo(Map.of("172.17.0.2:8080", "0 0 0 0", "172.17.0.3:8080", "0 1 0 0"));
  }

  @Test
  void whatDoesNotFitIsLeftOut() {
    for (int port = 1; port <= 3; port++) {
      tracker.onNew(Flows.tcp("10.0.0.1 " + port, SERVER, ESTABLISHED));
    }
    tracker.onNew(Flows.tcp("10.0.0.1 4", SERVER, ESTABLISHED));
    tracker.onNew(Flows.tcp("10.0.0.1 5", "10.0.1.6 80", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 3 0 0"));
    assertThat(tracker.snapshot(0).countedFlows()).isEqualTo(3);
    assertThat(tracker.snapshot(0).endpointsInUse()).isEqualTo(1);
  }

  @Test
  void anEndpointStaysForTheRetentionAfterTheTimeThatWasToldWhenItsLastFlowEnded() {
    tracker.clock(1_000);
    tracker.onNew(Flows.tcp(HERE, SERVER, ESTABLISHED));
    tracker.clock(5_000);
    tracker.onDestroy(Flows.tcp(HERE, SERVER, CLOSE));

    assertThat(tracker.snapshot(5_000 + RETENTION_MS - 1).endpointCount()).isEqualTo(1);
    assertThat(tracker.snapshot(5_000 + RETENTION_MS).endpointCount()).isZero();
    assertThat(tracker.snapshot(5_000 + RETENTION_MS).endpointsInUse()).isZero();
  }

  @Test
  void anEarlierSnapshotStaysAsItWas() {
    tracker.onNew(Flows.tcp(HERE, SERVER, SYN_SENT));
    Snapshot before = tracker.snapshot(0);
    tracker.onUpdate(Flows.tcp(HERE, SERVER, ESTABLISHED));

    assertThat(Snapshots.byLabels(before)).isEqualTo(Map.of(HOST, "1 0 0 0"));
  }

  @Test
  void nothingIsKeptOfTheFlowThatWasHandedOver() {
    Flow flow = Flows.tcp(HERE, SERVER, ESTABLISHED);
    tracker.onNew(flow);
    flow.originalDestinationPort = 1;
    flow.tcpState = CLOSE;

    assertThat(shown()).isEqualTo(Map.of(HOST, "0 1 0 0"));
  }

  @Test
  void anotherThreadMayNotTouchIt() {
    CompletableFuture<Snapshot> elsewhere =
        CompletableFuture.supplyAsync(() -> tracker.snapshot(0));

    assertThatThrownBy(() -> elsewhere.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(AssertionError.class);
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(tracker.snapshot(0));
  }
}
