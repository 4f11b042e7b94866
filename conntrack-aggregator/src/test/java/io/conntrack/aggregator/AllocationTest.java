package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.aggregator.state.Traffic;
import java.lang.reflect.Method;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AllocationTest {
  private static final int FLOWS = 10_000;
  private static final int ENDPOINTS = 500;

  /** What the measurement itself takes; a byte per event would be sixty times this. */
  private static final long SMALL_BYTES = 16_384;

  private final Flow[] expected = new Flow[1];
  private final Flow flow = Flows.tcp("10.0.0.1 1", "10.1.0.0 80", Flows.SYN_SENT);
  private FlowTracker tracker;

  @BeforeEach
  void countConnections() {
    count(EndpointOptions.HOST_ALONE);
  }

  private void count(EndpointOptions options) {
    count(options, SourceView.NONE);
  }

  private void count(EndpointOptions options, SourceView sources) {
    tracker =
        new FlowTracker(
            new TrackerOptions(20_000, 400, 0, options, IgnoredHosts.NONE, sources, 100, 0, false));
    tracker.localAddresses(Flows.local("10.0.0.1"));
  }

  @AfterEach
  void close() {
    tracker.close();
  }

  @Test
  void aMillionEventsAllocateNothing() throws Exception {
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
  }

  @Test
  void aMillionEventsAllocateNothingWithRulesEither() throws Exception {
    tracker.endpointRules(new EndpointRules(rules()));
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
  }

  @Test
  void aMillionEventsAndEntriesWithCountersAndTimesAllocateNothingEither() throws Exception {
    tracker.close();
    count(new EndpointOptions(true, true, true, true, NatView.BOTH, true, true, true));
    tracker.openEpoch();
    flow.hasCounters = true;
    flow.startNs = 1;
    tracker.onNew(flow(FLOWS, Flows.SYN_SENT)); // so that its endpoint stays
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
    Snapshot snapshot = tracker.snapshot(0);
    assertThat(snapshot.times(Timing.DURATION).count(0)).isGreaterThan(500);
    assertThat(snapshot.traffic(0, Traffic.SENT_BYTES)).isGreaterThan(1_000);
    tracker.closeEpoch();
  }

  @Test
  void aMillionEventsCountedBySourceTooAllocateNothingEither() throws Exception {
    tracker.close();
    count(EndpointOptions.HOST_ALONE, SourceView.ADDRESS);
    tracker.localAddresses(Flows.local("10.0.0.2"));
    tracker.endpointRules(new EndpointRules(List.of(), rules()));
    tracker.onNew(flow(FLOWS, Flows.ESTABLISHED)); // so that its source stays
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
    assertThat(tracker.snapshot(0).sources().orElseThrow().endpointCount()).isEqualTo(1);
  }

  /** Of each kind; a part of the flows meets each, and some none. */
  private static List<EndpointRule> rules() {
    List<RuleAction> actions =
        List.of(
            RuleAction.Group.named("group"),
            RuleAction.Plain.KEEP,
            RuleAction.Plain.DROP_PORT,
            RuleAction.Plain.IGNORE,
            new RuleAction.Prefix(28, 0));
    return IntStream.range(0, actions.size())
        .mapToObj(i ->
            new EndpointRule(
                List.of(new Network(0, Flows.low("10.1.0.0") + 64L * i, 96 + 26, Network.ANY_PORT)),
                List.of(new PortRange(80, 90)),
                Set.of(Direction.OUTBOUND),
                List.of(17, 6),
                actions.get(i)))
        .toList();
  }

  @Test
  void aMillionEventsAndEntriesInAnEpochAllocateNothing() throws Exception {
    tracker.openEpoch();
    tracker.closeEpoch();
    tracker.clock(15_000); // so that who is refused in the next epoch is a candidate for room
    tracker.openEpoch();
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
    tracker.closeEpoch();
  }

  @Test
  void noneOfAMillionEntriesThatMayBeUnansweredOrTakeALocalPortAllocatesEither() throws Exception {
    tracker.close();
    tracker =
        new FlowTracker(
            new TrackerOptions(
                20_000,
                400,
                0,
                EndpointOptions.HOST_ALONE,
                IgnoredHosts.NONE,
                SourceView.NONE,
                1,
                65_535,
                false));
    tracker.localAddresses(Flows.local("10.0.0.1"));
    BitSet given = new BitSet();
    given.set(0, FLOWS);
    tracker.servicePorts(new ServicePorts(new BitSet(), given));
    flow.protocol = 17;
    tracker.openEpoch();
    allocatedBy(1_000_000);

    assertThat(allocatedBy(1_000_000)).isLessThan(SMALL_BYTES);
    tracker.closeEpoch();
  }

  private long allocatedBy(int messages) throws ReflectiveOperationException {
    long before = allocatedBytes();
    for (int told = 0; told < messages; told += 5 * FLOWS) {
      liveOnce();
    }
    long after = allocatedBytes();
    return after - before;
  }

  /** The lives of some flows to more endpoints than there is room for: five messages each. */
  private void liveOnce() {
    for (int i = 0; i < FLOWS; i++) {
      expected[0] = flow(i, Flows.SYN_SENT);
      tracker.expect(expected, 1);
      tracker.onNew(expected[0]);
      tracker.onUpdate(flow(i, Flows.ESTABLISHED));
      tracker.onUpdate(flow(i, Flow.NO_STATE));
    }
    for (int i = 0; i < FLOWS; i++) {
      if (tracker.epochOpen()) {
        tracker.onDumpEntry(flow(i, Flows.FIN_WAIT));
      } else {
        tracker.onUpdate(flow(i, Flows.FIN_WAIT));
      }
    }
    for (int i = 0; i < FLOWS; i++) {
      tracker.onDestroy(flow(i, Flows.CLOSE));
    }
  }

  private Flow flow(int index, int tcpState) {
    flow.originalSourcePort = index;
    flow.originalDestinationLow = 0xffff_0a010000L + index % ENDPOINTS;
    flow.tcpState = tcpState;
    flow.timeNs += 1_000;
    flow.originalBytes += 10;
    return flow;
  }

  /**
   * By com.sun.management.ThreadMXBean, reached by name: this module, into which the tests are
   * patched, reads no other than java.base.
   */
  private static long allocatedBytes() throws ReflectiveOperationException {
    Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
    Object threads = factory.getMethod("getThreadMXBean").invoke(null);
    Method allocated =
        Class.forName("com.sun.management.ThreadMXBean")
            .getMethod("getCurrentThreadAllocatedBytes");
    return (long) allocated.invoke(threads);
  }
}
