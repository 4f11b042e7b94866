package io.conntrack.exporter.reading;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.TrackerOptions;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.exporter.rules.RulesStatus;
import io.conntrack.ffm.request.KernelCounter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Observations without a kernel: made-up flows, counted by the real tracker. */
public final class Observations {
  static final int SYN_SENT = 1;
  static final int ESTABLISHED = 3;
  static final int TIME_WAIT = 7;
  static final int CLOSE = 8;

  private static final ReaderStatistics STATISTICS =
      new ReaderStatistics(
          new ReaderStatistics.Events(1204, 4811, 1190, 1, 2, 345, 6),
          Map.of(ResyncReason.START, 1L, ResyncReason.INTERVAL, 12L),
          new ReaderStatistics.Resync(1_767_323_045_678L, 2_100_000, 4, 5, 6),
          new ReaderStatistics.Removals(8, 7),
          11,
          new ReaderStatistics.Health(true, 7_500_000_000L, 3),
          new ReaderStatistics.Endpoints(10_000, 9, 4),
          134_217_728);

  /** Of two CPUs, the second without what a younger kernel counts too. */
  private static final SortedMap<Integer, Map<KernelCounter, Long>> COUNTERS =
      new TreeMap<>(
          Map.of(
              0, counters(KernelCounter.values()),
              1, counters(KernelCounter.DROP, KernelCounter.INSERT_FAILED)));

  private static final KernelTable TABLE =
      new KernelTable(OptionalLong.of(812), OptionalLong.of(262_144), COUNTERS);

  private static final RulesStatus RULES = new RulesStatus(12, false, 1_767_323_045_678L, 3, 1);

  private static final long MAPPED_IPV4 = 0xffff_0000_0000L;
  private static final long LOCAL = ipv4(10, 0, 0, 1);
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int GRE = 47;
  private static final int SEEN_REPLY = 2;
  private static final int ASSURED = 4;
  private static final int SNAT = 16;
  private static final int FIRST_EPHEMERAL_PORT = 32768;

  private Observations() {}

  /** No connection at all. */
  public static Observation empty() {
    return counted(tracker -> {});
  }

  /**
   * Two endpoints: 10.0.1.5:3306 with two connections open and one closing, 10.0.1.12:8080 with one
   * opening and one closed; and a flow of UDP, which has no state.
   */
  public static Observation small() {
    return counted(tracker -> {
      tracker.onNew(flow(ipv4(10, 0, 1, 5), 3306, 0, ESTABLISHED));
      tracker.onNew(flow(ipv4(10, 0, 1, 5), 3306, 1, ESTABLISHED));
      tracker.onNew(flow(ipv4(10, 0, 1, 5), 3306, 2, TIME_WAIT));
      tracker.onNew(flow(ipv4(10, 0, 1, 12), 8080, 0, SYN_SENT));
      tracker.onNew(flow(ipv4(10, 0, 1, 12), 8080, 1, CLOSE));
      Flow udp = flow(ipv4(10, 0, 1, 53), 53, 0, Flow.NO_STATE);
      udp.protocol = UDP;
      tracker.onNew(udp);
    });
  }

  /** One open connection to each of so many endpoints, to the first of which one is over. */
  public static Observation large(int endpoints) {
    return counted(tracker -> {
      for (int i = 0; i < endpoints; i++) {
        tracker.onNew(flow(ipv4(10, 1, 0, 0) + i, 443, 0, ESTABLISHED));
      }
      end(tracker, flow(ipv4(10, 1, 0, 0), 443, 1, ESTABLISHED));
    });
  }

  /**
   * One endpoint, after so many connections to it were opened all in all, of which none is left.
   */
  public static List<Observation> opened(int... connections) {
    List<Observation> observations = new ArrayList<>();
    counted(tracker -> {
      tracker.onNew(flow(ipv4(10, 0, 1, 5), 3306, 0, SYN_SENT));
      int opened = 0;
      for (int all : connections) {
        for (; opened < all; opened++) {
          end(tracker, flow(ipv4(10, 0, 1, 5), 3306, 1 + opened, ESTABLISHED));
        }
        observations.add(new Observation(tracker.snapshot(0), STATISTICS, TABLE, Optional.empty()));
      }
    });
    return observations;
  }

  /** Without connections, but with some in other network namespaces. */
  public static Observation withOthers(SortedMap<String, Observation> others) {
    return empty().with(others, Optional.of(new NamespaceCounts(others.size(), 1, 2)));
  }

  /** Of a kernel whose table is empty. */
  public static Observation untracked() {
    return with(empty(), new KernelTable(OptionalLong.of(0), OptionalLong.of(262_144), COUNTERS));
  }

  /** Without connections, where the kernel tells nothing of its table. */
  public static Observation untold() {
    return with(empty(), KernelTable.UNTOLD);
  }

  /** Without connections, and with a rules file that was refused when it was read last. */
  public static Observation withRules() {
    Observation empty = empty();
    return new Observation(
        empty.connections(), empty.statistics(), empty.table(), Optional.of(RULES));
  }

  private static Observation with(Observation observation, KernelTable table) {
    return new Observation(
        observation.connections(), observation.statistics(), table, observation.rules());
  }

  private static Map<KernelCounter, Long> counters(KernelCounter... counters) {
    return Arrays.stream(counters)
        .collect(Collectors.toMap(counter -> counter, counter -> 100L + counter.name().length()));
  }

  /**
   * Endpoints that have every label, some of whose connections had no room of their own: outbound,
   * inbound and forwarded.
   */
  public static Observation withAllLabels() {
    return counted(
        new EndpointOptions(true, true, true, true, NatView.BOTH, true, false, false),
        5,
        tracker -> {
          for (int i = 0; i < 4; i++) {
            tracker.onNew(flow(ipv4(10, 0, 1, 9 + i), 3306, 0, ESTABLISHED));
            tracker.onNew(reversed(flow(ipv4(10, 0, 1, 9 + i), 443, 1, ESTABLISHED)));
            tracker.onNew(forwarded(flow(ipv4(10, 0, 1, 9 + i), 443, 2, CLOSE)));
          }
          end(tracker, flow(ipv4(10, 0, 1, 9), 3306, 3, ESTABLISHED));
        });
  }

  /**
   * Of a dump with 102 connections to one server, in zone 7, and in zone 0 two flows of UDP that
   * are not answered and one of GRE.
   */
  public static Observation withCensus(boolean zones) {
    EndpointOptions options =
        new EndpointOptions(false, false, true, zones, NatView.DEFAULT, false, false, false);
    try (FlowTracker tracker =
        new FlowTracker(
            new TrackerOptions(
                1_000, 100, 0, options, IgnoredHosts.NONE, SourceView.NONE, 1, 100, false))) {
      tracker.localAddresses(LocalAddresses.of(0, LOCAL));
      BitSet given = new BitSet();
      given.set(32_768, 61_000);
      tracker.servicePorts(new ServicePorts(new BitSet(), given));
      for (long nowMs = 0; nowMs <= 90_000; nowMs += 90_000) {
        tracker.clock(nowMs);
        tracker.openEpoch();
        for (int i = 0; i < 102; i++) {
          tracker.onDumpEntry(dumped(flow(ipv4(10, 0, 1, 5), 3306, i, ESTABLISHED), TCP, 7));
        }
        tracker.onDumpEntry(dumped(flow(ipv4(10, 0, 1, 53), 53, 1, SYN_SENT), UDP, 0));
        tracker.onDumpEntry(dumped(flow(ipv4(10, 0, 1, 53), 53, 2, SYN_SENT), UDP, 0));
        tracker.onOtherEntry(dumped(flow(ipv4(10, 0, 1, 1), 0, 0, Flow.NO_STATE), GRE, 0));
        tracker.closeEpoch();
      }
      end(tracker, flow(ipv4(10, 0, 1, 5), 3306, 500, ESTABLISHED));
      return new Observation(tracker.snapshot(91_500), STATISTICS, TABLE, Optional.empty());
    }
  }

  private static Flow dumped(Flow flow, int protocol, int zone) {
    flow.protocol = protocol;
    flow.state = protocol == TCP ? flow.tcpState : Flow.NO_STATE;
    flow.status = protocol == TCP ? SEEN_REPLY | ASSURED | SNAT : 0;
    flow.zone = zone;
    return flow;
  }

  /** The connections of three sources, and of some that have no room, with what they carry. */
  public static Observation withSources() {
    return bySource(
        new EndpointOptions(false, false, false, false, NatView.DEFAULT, false, true, false));
  }

  /** The same with all labels. */
  public static Observation withSourcesAndLabels() {
    return bySource(
        new EndpointOptions(false, true, true, true, NatView.DEFAULT, false, true, false));
  }

  /** With every count that an option adds, and without any label that an option adds. */
  public static Observation withAllCounts() {
    return bySource(
        new EndpointOptions(false, false, false, false, NatView.DEFAULT, true, true, true));
  }

  /** With those labels too. */
  public static Observation withAllCountsAndLabels() {
    return bySource(new EndpointOptions(true, true, true, true, NatView.BOTH, true, true, true));
  }

  private static Observation bySource(EndpointOptions options) {
    return counted(
        new TrackerOptions(
            1_000_000, 1_000, 60_000, options, IgnoredHosts.NONE, SourceView.ADDRESS, 3, 0, false),
        tracker -> {
          tracker.openEpoch();
          tracker.closeEpoch();
          tracker.onNew(flow(ipv4(10, 0, 1, 5), 3306, 0, ESTABLISHED));
          tracker.onNew(forwarded(flow(ipv4(10, 0, 1, 5), 3306, 1, ESTABLISHED)));
          tracker.onNew(forwarded(flow(ipv4(10, 0, 1, 5), 3306, 2, SYN_SENT)));
          tracker.onNew(reversed(flow(ipv4(10, 0, 1, 12), 8080, 0, TIME_WAIT)));
          tracker.onNew(reversed(flow(ipv4(10, 0, 1, 13), 8080, 0, ESTABLISHED)));
          Flow over = forwarded(flow(ipv4(10, 0, 1, 5), 3306, 1, CLOSE));
          over.hasCounters = true;
          over.originalBytes = 600;
          over.originalPackets = 7;
          over.replyBytes = 12_000;
          over.replyPackets = 9;
          tracker.onDestroy(over);
          tracker.onDestroy(forwarded(flow(ipv4(10, 0, 1, 5), 3306, 2, CLOSE)));
        });
  }

  /** The client leaves out a family without series: one connection has to be over. */
  private static void end(FlowTracker tracker, Flow flow) {
    tracker.onNew(flow);
    tracker.onDestroy(flow);
  }

  private static Observation counted(Consumer<FlowTracker> flows) {
    return counted(EndpointOptions.HOST_ALONE, 1_000_000, flows);
  }

  private static Observation counted(
      EndpointOptions options, int maxEndpoints, Consumer<FlowTracker> flows) {
    return counted(
        new TrackerOptions(1_000_000, maxEndpoints, 0, options, IgnoredHosts.NONE), flows);
  }

  private static Observation counted(TrackerOptions options, Consumer<FlowTracker> flows) {
    try (FlowTracker tracker = new FlowTracker(options)) {
      tracker.localAddresses(LocalAddresses.of(0, LOCAL));
      flows.accept(tracker);
      Snapshot snapshot = tracker.snapshot(0);
      return new Observation(snapshot, STATISTICS, TABLE, Optional.empty());
    }
  }

  private static long ipv4(int a, int b, int c, int d) {
    return MAPPED_IPV4 | a << 24 | b << 16 | c << 8 | d;
  }

  /** From the far end to this host. */
  private static Flow reversed(Flow flow) {
    long remote = flow.originalDestinationLow;
    int remotePort = flow.originalDestinationPort;
    flow.originalDestinationLow = flow.originalSourceLow;
    flow.originalDestinationPort = flow.originalSourcePort;
    flow.originalSourceLow = remote;
    flow.originalSourcePort = remotePort;
    flow.replySourceLow = flow.originalDestinationLow;
    flow.replySourcePort = flow.originalDestinationPort;
    flow.replyDestinationLow = remote;
    flow.replyDestinationPort = remotePort;
    return flow;
  }

  /** From another host to the same far end. */
  private static Flow forwarded(Flow flow) {
    flow.originalSourceLow = LOCAL + 1;
    flow.replyDestinationLow = LOCAL + 1;
    return flow;
  }

  private static Flow flow(long remote, int remotePort, int number, int tcpState) {
    Flow flow = new Flow();
    flow.originalSourceLow = LOCAL;
    flow.originalSourcePort = FIRST_EPHEMERAL_PORT + number;
    flow.originalDestinationLow = remote;
    flow.originalDestinationPort = remotePort;
    flow.replySourceLow = remote;
    flow.replySourcePort = remotePort;
    flow.replyDestinationLow = LOCAL;
    flow.replyDestinationPort = FIRST_EPHEMERAL_PORT + number;
    flow.family = 2;
    flow.protocol = TCP;
    flow.tcpState = tcpState;
    return flow;
  }
}
