package io.conntrack.aggregator;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a {@link FlowTracker} has to do, in plain maps with exact keys: one entry for each flow with
 * its state and its endpoint's label. Knows no overflow endpoint: every label has room.
 */
final class ReferenceTracker {
  /**
   * The label is null without a state, and of what is ignored.
   *
   * @param unproven whether the flow alone would not give its client an endpoint
   * @param inOther whether the client has none, and the flow is counted in {@code other}
   */
  record Entry(String label, int tcpState, boolean unproven, boolean inOther) {}

  private final TrackerOptions options;
  private final int maxTombstones;
  private SimulatedFlows.Labels labels;

  private final Map<Integer, Entry> flows = new HashMap<>();
  private final Map<String, Long> emptySinceMs = new HashMap<>();
  private long refused;
  private long nowMs;

  private boolean epochOpen;
  private boolean spoiled;
  private final Set<Integer> seen = new HashSet<>();
  private final Set<Integer> tombstones = new HashSet<>();
  private long added;
  private long changed;
  private long untracked;
  private long untrackedAtLastClean;

  ReferenceTracker(TrackerOptions options, SimulatedFlows.Labels labels) {
    this.options = options;
    this.labels = labels;
    this.maxTombstones = Math.max(1, options.maxFlows() / 4);
  }

  void clock(long nowMs) {
    this.nowMs = nowMs;
  }

  void labels(SimulatedFlows.Labels labels) {
    this.labels = labels;
  }

  void apply(SimulatedKernel.Event event) {
    int tuple = event.flow().tuple();
    boolean told = event.withState() && SimulatedFlows.hasStates(tuple);
    switch (event.kind()) {
      case NEW -> observe(event.flow(), told);
      case UPDATE -> {
        if (told) {
          observe(event.flow(), true);
        }
      }
      case DESTROY -> destroy(tuple);
    }
  }

  private void destroy(int tuple) {
    forget(tuple);
    tombstones.remove(tuple);
    seen.remove(tuple);
    if (epochOpen && tombstones.size() < maxTombstones) {
      tombstones.add(tuple);
    } else if (epochOpen) {
      spoiled = true;
    }
  }

  private void observe(SimulatedKernel.Tracked flow, boolean told) {
    tombstones.remove(flow.tuple());
    set(flow, told);
  }

  /** Returns whether the flow is kept. */
  private boolean set(SimulatedKernel.Tracked flow, boolean told) {
    Entry before = flows.get(flow.tuple());
    if (before == null && flows.size() >= options.maxFlows()) {
      refused++;
      return false;
    }
    int unknown = before == null ? 0 : before.tcpState;
    int state = told ? flow.tcpState() : unknown;
    String label = state == 0 ? null : labels.of(flow);
    boolean unproven = label != null && labels.isUnproven(flow, state);
    boolean inOther = unproven && !hasEndpoint(label);
    forget(flow.tuple());
    flows.put(flow.tuple(), new Entry(label, state, unproven, inOther));
    seen.add(flow.tuple());
    return true;
  }

  private boolean hasEndpoint(String label) {
    return retains(label)
        || flows.values().stream().anyMatch(each -> label.equals(each.label) && !each.inOther);
  }

  private void forget(int tuple) {
    Entry entry = flows.remove(tuple);
    if (entry != null && entry.label != null && !entry.inOther) {
      emptySinceMs.put(entry.label, nowMs); // of no meaning while others are there
    }
  }

  void openEpoch() {
    epochOpen = true;
    spoiled = false;
    seen.clear();
    added = 0;
    changed = 0;
    untracked = 0;
  }

  void dumpEntry(SimulatedKernel.Tracked flow) {
    if (seen.contains(flow.tuple()) || tombstones.contains(flow.tuple())) {
      return;
    }
    Entry before = flows.get(flow.tuple());
    boolean kept = set(flow, SimulatedFlows.hasStates(flow.tuple()));
    if (!kept) {
      untracked++;
    } else if (before == null) {
      added++;
    } else if (!before.equals(flows.get(flow.tuple()))) {
      changed++;
    }
  }

  EpochResult closeEpoch() {
    long removed = 0;
    for (int tuple : spoiled ? Set.<Integer>of() : Set.copyOf(flows.keySet())) {
      if (!seen.contains(tuple)) {
        forget(tuple);
        removed++;
      }
    }
    abandonEpoch();
    if (!spoiled) {
      untrackedAtLastClean = untracked;
    }
    boolean roomNow = !spoiled && untracked > 0 && flows.size() + untracked <= options.maxFlows();
    return new EpochResult(added, changed, removed, untracked, roomNow, !spoiled);
  }

  void abandonEpoch() {
    epochOpen = false;
    tombstones.clear();
  }

  Map<Integer, Entry> flows() {
    return flows;
  }

  /** How many times a flow found no room: whose state is in doubt until a dump shows it. */
  long refused() {
    return refused;
  }

  long untracked() {
    return untrackedAtLastClean;
  }

  /** Whether a label without flows is still within its retention. */
  boolean retains(String label) {
    Long since = emptySinceMs.get(label);
    return since != null && nowMs - since < options.endpointRetentionMs();
  }

  Set<String> retainedLabels() {
    Set<String> labels = new HashSet<>(emptySinceMs.keySet());
    labels.removeIf(label -> !retains(label));
    return labels;
  }
}
