package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;

/** Walks over all flows when an epoch ends. Belongs to the reader. */
final class Sweep {
  private final Epoch epoch;
  private final FlowTable flows;
  private final CountedFlows counted;

  /** Null unless options ask for it. */
  private final FlowMeasures measures;

  Sweep(Epoch epoch, FlowTable flows, CountedFlows counted, FlowMeasures measures) {
    this.epoch = epoch;
    this.flows = flows;
    this.counted = counted;
    this.measures = measures;
  }

  /** How many flows the epoch has not shown. */
  long countAbsent() {
    long absent = 0;
    for (long slot = 0; slot < flows.capacitySlots(); slot++) {
      absent += !flows.isEmpty(slot) && epoch.lacks(flows.value(slot)) ? 1 : 0;
    }
    return absent;
  }

  /** Removes what ends with the epoch. Returns how many flows that are. */
  long remove(boolean clean, boolean doubtful, boolean eventsLost) {
    long removed = 0;
    long slot = 0;
    while (slot < flows.capacitySlots()) {
      if (flows.isEmpty(slot) || !endsWithEpoch(flows.value(slot), clean, doubtful)) {
        slot++;
      } else {
        removed += FlowEntry.isFlow(flows.value(slot)) ? 1 : 0;
        slot += counted.sweep(slot, eventsLost);
      }
    }
    flows.shrink();
    return removed;
  }

  private boolean endsWithEpoch(long value, boolean clean, boolean doubtful) {
    if (FlowEntry.isExpired(value)) {
      return clean && measures.isOver(value);
    }
    return FlowEntry.isTombstone(value) || (clean && epoch.removes(value, doubtful));
  }
}
