package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.KeyedHash;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A reader between a simulated kernel and a tracker, which does what DESIGN.md says of a resync,
 * one random step after the other. A reference does the same in plain maps. The same seed gives the
 * same steps.
 *
 * <p>What is checked after every step: that a snapshot sums up and agrees with the reference; and
 * whenever nothing is in doubt and no event is queued, that it agrees with the kernel's table.
 */
final class ResyncSimulation implements AutoCloseable {
  /** What a sequence ought to meet now and then, or it proves nothing. */
  enum Met {
    OVERRUN,
    CLEAN_EPOCH,
    SPOILED_EPOCH,
    ABANDONED_EPOCH,
    NO_DOUBT_WHILE_EVENTS_GO_ON,
    NO_DOUBT_IN_AN_EPOCH,
    OTHER_SHOWN,
    HIDDEN_ENDPOINT_REVEALED,
    ENDPOINT_LEFT,
    SOURCES_IN_OTHER,
    SOURCE_LEFT,
    FLOW_IGNORED,
    FLOW_UNTRACKED,
    ROOM_ONLY_AFTER_THE_SWEEP
  }

  private static final List<NatView> NAT_VIEWS = List.of(NatView.values());

  private final Random random;
  private final TrackerOptions options;
  private final SimulatedKernel kernel;
  private final FlowTracker tracker;
  private final ReferenceTracker reference;
  private final StringBuilder trace = new StringBuilder();
  private final Set<Met> met = EnumSet.noneOf(Met.class);

  private final Queue<SimulatedKernel.Tracked> dumped = new ArrayDeque<>();
  private SimulatedFlows.Labels labels;
  private long nowMs;

  private final LeftEndpoints left = new LeftEndpoints();
  private final LeftEndpoints leftSources = new LeftEndpoints();
  private boolean atRest;

  /** How busy the kernel is, between the reader's steps. */
  private final int changesPercent;

  /** Most sequences take seconds, and some hours. */
  private final int longestStepMs;

  /** Since an overrun was told, the queue has not been empty. */
  private boolean draining;

  private long dropsAtOpen;

  /** Counts what only a dump can repair; what was counted up to here has been repaired. */
  private long doubts = 1;

  private long doubtsAtOpen;
  private long doubtsRepaired;

  ResyncSimulation(long seed) {
    random = new Random(KeyedHash.mixed(seed)); // Its first numbers resemble the seed.
    List<SimulatedFlows.Ignored> ignored = SimulatedFlows.IGNORED;
    labels =
        new SimulatedFlows.Labels(
            Set.of(),
            new EndpointOptions(
                random.nextBoolean(),
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                NAT_VIEWS.get(random.nextInt(4)),
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                random.nextInt(4) == 0),
            ignored.get(random.nextInt(ignored.size())));
    options =
        new TrackerOptions(
            random.nextInt(3) == 0 ? 1 + random.nextInt(10) : 1_000,
            random.nextInt(2) == 0 ? 1 + random.nextInt(6) : 1_000,
            random.nextInt(random.nextInt(3) > 0 ? 200 : 200_000),
            labels.options(),
            labels.ignored().hosts(),
            random.nextBoolean() ? SourceView.ADDRESS : SourceView.NONE,
            random.nextBoolean() ? 1 + random.nextInt(3) : 1_000,
            0,
            false);
    kernel = new SimulatedKernel(random, 2 + random.nextInt(60));
    changesPercent = 5 + random.nextInt(25);
    longestStepMs = random.nextBoolean() ? 100 : 300_000;
    tracker = new FlowTracker(options);
    reference = new ReferenceTracker(options, labels);
    setLocal(SimulatedFlows.ADDRESSES.get(0));
    trace.append(options).append('\n');
    for (int tuple = random.nextInt(3); tuple < SimulatedFlows.tuples(); tuple += 2) {
      kernel.create(tuple, random.nextBoolean());
    }
    kernel.subscribe();
  }

  String trace() {
    return trace.toString();
  }

  Set<Met> met() {
    return met;
  }

  private void meet(Met what) {
    if (!atRest) {
      met.add(what);
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      check();
    }
    trace.append("rest\n");
    atRest = true;
    restAndCheck();
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < changesPercent) {
      changeKernel();
    } else if (choice < 45) {
      receive();
    } else if (choice < 89) {
      resync();
    } else if (choice < 90) {
      for (int i = random.nextInt(50); i > 0; i--) {
        changeKernel();
      }
    } else if (choice < 95) {
      drain();
    } else if (choice < 98) {
      advance(random.nextInt(longestStepMs));
    } else if (choice < 99) {
      setLocal(SimulatedFlows.ADDRESSES.get(random.nextInt(SimulatedFlows.ADDRESSES.size())));
    } else if (tracker.epochOpen()) {
      abandon();
    }
  }

  private void changeKernel() {
    int tuple = random.nextInt(SimulatedFlows.tuples());
    if (!kernel.isLive(tuple)) {
      trace.append("create ").append(tuple).append('\n');
      kernel.create(tuple, false);
      return;
    }
    int choice = random.nextInt(10);
    trace.append("change ").append(tuple).append(" by ").append(choice).append('\n');
    switch (choice) {
      case 0, 1, 2, 3 -> kernel.change(tuple);
      case 4, 5 -> kernel.mark(tuple);
      case 6 -> kernel.expire(tuple);
      case 7, 8 -> kernel.destroy(tuple);
      default -> {
        kernel.destroy(tuple);
        kernel.create(tuple, false);
      }
    }
  }

  private void receive() {
    SimulatedKernel.Received received = kernel.receive();
    trace.append(received).append('\n');
    if (received.overrun()) {
      meet(Met.OVERRUN);
      draining = true;
      if (tracker.epochOpen()) {
        abandon();
      }
    } else if (received.empty()) {
      draining = false;
    } else {
      SimulatedKernel.Event event = received.event();
      reference.apply(event);
      Flow message = expected(event.message());
      switch (event.kind()) {
        case NEW -> tracker.onNew(message);
        case UPDATE -> tracker.onUpdate(message);
        case DESTROY -> tracker.onDestroy(message);
      }
    }
  }

  /** The flow, of which the tracker is told before or not. */
  private Flow expected(Flow flow) {
    tracker.expect(new Flow[] {flow}, random.nextInt(2));
    return flow;
  }

  private void drain() {
    do {
      receive();
    } while (!kernel.queueEmpty());
    receive();
  }

  private void advance(long ms) {
    nowMs += ms;
    tracker.clock(nowMs);
    reference.clock(nowMs);
  }

  private void setLocal(Set<String> addresses) {
    trace.append("local ").append(addresses).append('\n');
    labels = labels.withLocal(addresses);
    doubts++;
    tracker.localAddresses(Flows.local(addresses.toArray(String[]::new)));
    reference.labels(labels);
  }

  /** The next step of a resync. */
  private void resync() {
    if (!tracker.epochOpen()) {
      if (!draining) {
        open();
      }
    } else if (!dumped.isEmpty()) {
      SimulatedKernel.Tracked entry = dumped.remove();
      trace.append("entry ").append(entry).append('\n');
      reference.dumpEntry(entry);
      tracker.onDumpEntry(expected(entry.message()));
    } else if (!kernel.dumpsDone()) {
      dumped.addAll(kernel.dumpBatch());
      trace.append("batch ").append(dumped).append('\n');
    } else if (kernel.drops() == dropsAtOpen) {
      closeEpoch();
    } else {
      abandon();
    }
  }

  private void open() {
    trace.append("open\n");
    dropsAtOpen = kernel.drops();
    // An overrun that the reader has yet to be told of is repaired by the next epoch, not this one.
    doubtsAtOpen = kernel.overrunGoesOn() ? doubtsRepaired : doubts();
    Map<String, String> before = Snapshots.byLabels(tracker.snapshot(nowMs));
    Map<String, String> sourcesBefore = shownSources();
    tracker.openEpoch();
    reference.openEpoch();
    Set<String> leavingSources = leftSources.epochOpened(sourcesBefore, shownSources());
    if (!leavingSources.isEmpty()) {
      trace.append("left sources ").append(leavingSources).append('\n');
      meet(Met.SOURCE_LEFT);
    }
    Set<String> leaving = left.epochOpened(before, Snapshots.byLabels(tracker.snapshot(nowMs)));
    if (!leaving.isEmpty()) {
      assertThat(mayOverflow()).isTrue();
      trace.append("left ").append(leaving).append('\n');
      meet(Met.ENDPOINT_LEFT);
    }
    kernel.requestDumps();
  }

  private Map<String, String> shownSources() {
    return tracker.snapshot(nowMs).sources().map(Snapshots::byLabels).orElse(Map.of());
  }

  private long doubts() {
    return doubts + kernel.untold() + reference.refused();
  }

  private boolean closeEpoch() {
    Set<String> shownBefore = Snapshots.byLabels(tracker.snapshot(nowMs)).keySet();
    EpochResult result = tracker.closeEpoch();
    EpochResult expected = reference.closeEpoch();
    trace.append(result).append('\n');
    assertThat(result.clean()).isEqualTo(expected.clean());
    assertThat(result.added()).isEqualTo(expected.added());
    assertThat(result.removed()).isEqualTo(expected.removed());
    if (!mayOverflow()) {
      assertThat(result.changed()).isEqualTo(expected.changed());
    }
    assertThat(result.untracked()).isEqualTo(expected.untracked());
    assertThat(result.roomForUntracked()).isEqualTo(expected.roomForUntracked());
    if (result.roomForUntracked()) {
      meet(Met.ROOM_ONLY_AFTER_THE_SWEEP);
    }
    meet(result.clean() ? Met.CLEAN_EPOCH : Met.SPOILED_EPOCH);
    if (result.clean()) {
      doubtsRepaired = doubtsAtOpen;
    }
    if (!shownBefore.containsAll(Snapshots.byLabels(tracker.snapshot(nowMs)).keySet())) {
      meet(Met.HIDDEN_ENDPOINT_REVEALED);
    }
    return result.clean();
  }

  private void abandon() {
    trace.append("abandon\n");
    meet(Met.ABANDONED_EPOCH);
    tracker.abandonEpoch();
    reference.abandonEpoch();
    dumped.clear();
  }

  private boolean mayOverflow() {
    return options.maxEndpoints() < 1_000;
  }

  private void check() {
    assertThat(tracker.recountAgrees()).isTrue();
    Snapshot snapshot = tracker.snapshot(nowMs);
    Map<String, String> shown = Snapshots.byLabels(snapshot);
    assertThat(shown).hasSizeLessThanOrEqualTo(options.maxEndpoints() + 1);
    left.shown(shown.keySet());
    if (shown.containsKey("other")) {
      meet(Met.OTHER_SHOWN);
    }
    if (snapshot.ignoredFlows() > 0) {
      meet(Met.FLOW_IGNORED);
    }
    if (snapshot.untrackedFlows() > 0) {
      meet(Met.FLOW_UNTRACKED);
    }
    agreesWithReference(snapshot, shown);
    assertThat(snapshot.sources().isPresent()).isEqualTo(options.sources() != SourceView.NONE);
    snapshot.sources().ifPresent(sources -> agreesWithEndpoints(sources, shown));
    if (doubts() == doubtsRepaired && kernel.queueEmpty()) {
      meet(tracker.epochOpen() ? Met.NO_DOUBT_IN_AN_EPOCH : Met.NO_DOUBT_WHILE_EVENTS_GO_ON);
      agreesWithKernel(snapshot, shown, false);
    }
  }

  private void agreesWithEndpoints(Snapshot sources, Map<String, String> endpoints) {
    Map<String, String> shown = Snapshots.byLabels(sources);
    assertThat(shown).hasSizeLessThanOrEqualTo(options.maxSources() + 1);
    leftSources.shown(shown.keySet());
    if (shown.getOrDefault("other", "0 0 0 0").matches(".*[1-9].*")) {
      meet(Met.SOURCES_IN_OTHER);
    }
    assertThat(sumByState(shown)).isEqualTo(sumByState(endpoints));
  }

  private static List<Integer> sumByState(Map<String, String> shown) {
    return IntStream.range(0, 4)
        .mapToObj(column ->
            shown.values().stream()
                .mapToInt(four -> Integer.parseInt(four.split(" ", -1)[column]))
                .sum())
        .toList();
  }

  private void agreesWithReference(Snapshot snapshot, Map<String, String> shown) {
    ExpectedCounts counts = new ExpectedCounts();
    assertThat(snapshot.untrackedFlows()).isEqualTo(reference.untracked());
    if (mayOverflow()) {
      reference
          .flows()
          .values()
          .forEach(flow -> counts.add(flow.label(), flow.tcpState(), flow.unproven()));
      counts.assertShownInAll(snapshot, shown, left);
      return;
    }
    for (ReferenceTracker.Entry flow : reference.flows().values()) {
      counts.add(flow.inOther() ? ExpectedCounts.OTHER : flow.label(), flow.tcpState());
    }
    counts.assertShown(snapshot, shown, left);
    Set<String> expected = reference.retainedLabels();
    expected.addAll(counts.labels());
    expected.add(ExpectedCounts.OTHER); // shown for a while after what was counted there
    assertThat(expected).containsAll(shown.keySet());
    expected.remove(ExpectedCounts.OTHER);
    assertThat(shown.keySet()).containsAll(expected);
  }

  /**
   * Connections that are opening may be missing from an endpoint until the kernel has been at rest
   * for a whole epoch: settled.
   */
  private void agreesWithKernel(Snapshot snapshot, Map<String, String> shown, boolean settled) {
    snapshot.sources().ifPresent(sources -> sourcesAgreeWithKernel(sources, settled));
    ExpectedCounts counts = new ExpectedCounts();
    for (SimulatedKernel.Tracked flow : kernel.table().values()) {
      boolean unproven = !settled && labels.isUnproven(flow, flow.tcpState());
      counts.add(labels.of(flow), flow.tcpState(), unproven);
    }
    if (settled) {
      counts.assertShown(snapshot, shown, left);
    } else {
      counts.assertShownInAll(snapshot, shown, left);
    }
  }

  private void sourcesAgreeWithKernel(Snapshot sources, boolean settled) {
    ExpectedCounts counts = new ExpectedCounts();
    for (SimulatedKernel.Tracked flow : kernel.table().values()) {
      boolean unproven = !settled && labels.isSourceUnproven(flow, flow.tcpState());
      counts.add(labels.ofSource(flow), flow.tcpState(), unproven);
    }
    Map<String, String> shown = Snapshots.byLabels(sources);
    if (settled) {
      counts.assertShown(sources, shown, leftSources);
    } else {
      counts.assertShownInAll(sources, shown, leftSources);
    }
  }

  /** The kernel is at rest: the next clean epoch leaves no difference, whatever came before. */
  private void restAndCheck() {
    resyncAtRest();
    if (reference.refused() == 0) {
      agreesWithKernel(tracker.snapshot(nowMs), Snapshots.byLabels(tracker.snapshot(nowMs)), false);
      resyncAtRest();
      agreesWithKernel(tracker.snapshot(nowMs), Snapshots.byLabels(tracker.snapshot(nowMs)), true);
      if (haveAllRoom()) {
        assertAllComeIn();
      }
    }
  }

  /** Whether even clients, who get a half of it only, have room for all labels that there are. */
  private boolean haveAllRoom() {
    long labels =
        reference.flows().values().stream().map(ReferenceTracker.Entry::label).distinct().count();
    return labels <= options.maxEndpoints() - options.maxEndpoints() / 2;
  }

  /** When the retentions of all others have ended, one comes in by each round at least. */
  private void assertAllComeIn() {
    Set<String> proven =
        reference.flows().values().stream()
            .filter(flow -> flow.label() != null && !flow.unproven() && flow.tcpState() != 0)
            .map(ReferenceTracker.Entry::label)
            .collect(Collectors.toSet());
    Set<String> shown = Set.of();
    for (int i = 0; i < 4 + options.maxEndpoints() && !shown.containsAll(proven); i++) {
      advance(Math.max(61_000, options.endpointRetentionMs()));
      resyncAtRest();
      shown = Snapshots.byLabels(tracker.snapshot(nowMs)).keySet();
    }
    assertThat(shown).containsAll(proven);
  }

  private void resyncAtRest() {
    if (tracker.epochOpen()) {
      abandon();
    }
    boolean clean = false;
    for (int attempt = 0; attempt < 10 && !clean; attempt++) {
      drain();
      open();
      while (tracker.epochOpen() && !(dumped.isEmpty() && kernel.dumpsDone())) {
        resync();
        drain();
        check();
      }
      clean = tracker.epochOpen() && closeEpoch();
      check();
    }
    assertThat(clean).as("a clean epoch with the kernel at rest").isTrue();
  }

  @Override
  public void close() {
    tracker.close();
  }
}
