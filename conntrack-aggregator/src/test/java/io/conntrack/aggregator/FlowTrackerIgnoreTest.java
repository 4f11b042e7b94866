package io.conntrack.aggregator;

import static io.conntrack.aggregator.Flows.ESTABLISHED;
import static io.conntrack.aggregator.Flows.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.snapshot.Snapshots;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlowTrackerIgnoreTest {
  private static final String HERE = "10.0.0.1 40000";

  /** The server 10.0.1.5:3306, and clients from 10.9.0.0/16. */
  private static final IgnoredHosts IGNORED =
      new IgnoredHosts(
          List.of(
              new Network(0, Flows.low("10.0.1.5"), 128, 3306),
              new Network(0, Flows.low("10.9.0.0"), 96 + 16, Network.ANY_PORT)));

  private final FlowTracker tracker =
      new FlowTracker(new TrackerOptions(10, 10, 0, EndpointOptions.HOST_ALONE, IGNORED));

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
  void aFlowWithAnIgnoredHostIsTrackedAndCountedNowhere() {
    Flow ignored = Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED);
    assertThat(tracker.isIgnored(ignored)).isTrue();
    tracker.onNew(ignored);
    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 80", ESTABLISHED));
    tracker.onNew(Flows.tcp("10.9.1.1 50000", "10.0.0.1 80", ESTABLISHED));

    assertThat(shown()).isEqualTo(Map.of("10.0.1.5:80", "0 1 0 0"));
    assertThat(tracker.snapshot(0).countedFlows()).isEqualTo(1);
    assertThat(tracker.snapshot(0).ignoredFlows()).isEqualTo(2);
    assertThat(tracker.snapshot(0).statelessFlows()).isZero();
  }

  @Test
  void itStaysIgnoredWhileItChangesAndIsForgottenAtItsEnd() {
    tracker.onNew(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED));
    tracker.onUpdate(Flows.tcp(HERE, "10.0.1.5 3306", TIME_WAIT));
    assertThat(tracker.snapshot(0).ignoredFlows()).isEqualTo(1);

    tracker.onDestroy(Flows.tcp(HERE, "10.0.1.5 3306", TIME_WAIT));
    assertThat(tracker.snapshot(0).ignoredFlows()).isZero();
    assertThat(shown()).isEmpty();
  }

  @Test
  void aChangeOfAddressesCanEndTheIgnoring() {
    Flow flow = Flows.tcp("10.9.1.1 50000", "10.0.0.1 80", ESTABLISHED);
    tracker.onNew(flow);
    tracker.localAddresses(Flows.local("10.9.1.1"));
    tracker.openEpoch();
    tracker.onDumpEntry(flow);
    tracker.closeEpoch();

    assertThat(shown()).isEqualTo(Map.of("10.0.0.1:80", "0 1 0 0"));
    assertThat(tracker.snapshot(0).ignoredFlows()).isZero();
  }

  @Test
  void theRemoteEndIsToldForALog() {
    assertThat(tracker.remoteEnd(Flows.tcp(HERE, "10.0.1.5 3306", ESTABLISHED)))
        .isEqualTo(RemoteEnd.ORIGINAL_DESTINATION);
    assertThat(tracker.remoteEnd(Flows.tcp("10.9.1.1 50000", "10.0.0.1 80", ESTABLISHED)))
        .isEqualTo(RemoteEnd.ORIGINAL_SOURCE);
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(tracker.snapshot(0));
  }
}
