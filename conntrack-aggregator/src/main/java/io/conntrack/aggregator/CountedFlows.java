package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.flow.TcpStandIn;

/**
 * The table of flows, with everything that is counted of them. A flow enters, changes and leaves it
 * in one place each. Belongs to the reader.
 */
final class CountedFlows {
  /** No state is known of the flow. */
  private static final int NONE = 0;

  private final FlowTable flows;
  private final ConnectionCounter counter;

  /** Null unless options ask for it. */
  private final SourceCounter sources;

  private final OutcomeCounter outcomes;
  private final Lookahead lookahead;

  /** Null unless options ask for it. */
  private final FlowMeasures measures;

  private final FlowEnds ends;

  /** Flows that have {@link OutcomeCounter#DUMPED}. */
  private long dumped;

  CountedFlows(
      FlowTable flows,
      ConnectionCounter counter,
      SourceCounter sources,
      OutcomeCounter outcomes,
      Lookahead lookahead,
      FlowMeasures measures,
      FlowEnds ends) {
    this.flows = flows;
    this.counter = counter;
    this.sources = sources;
    this.outcomes = outcomes;
    this.lookahead = lookahead;
    this.measures = measures;
    this.ends = ends;
  }

  /**
   * Takes a flow that is new to the table, if there is room.
   *
   * @param begins whether an event says that it began
   * @param synced whether what is new now was not there before this was
   */
  boolean insert(Flow flow, long hash, boolean begins, boolean dumped, boolean synced, int epoch) {
    if (flows.room() <= 0) {
      return false;
    }
    standIn(flow, NONE, 0);
    long value = counter.count(flow, flow.tcpState, lookahead.takeEndpoint(flow), epoch);
    int source = source(flow, value);
    boolean old = !synced && isOld(value, begins, dumped);
    int flags = firstFlags(flow, value, source, begins, old);
    flagged(0, flags);
    long slot = flows.insert(hash, FlowEntry.withFlags(value, flags));
    keepSource(slot, source);
    if (measures != null) {
      measures.begin(slot, flow, FlowEntry.endpoint(value), begins, old);
      measures.outcome(slot, outcomes.takeEnded());
    }
    return true;
  }

  /** Whether the flow is older than this table. Asked only while the table is new. */
  private static boolean isOld(long value, boolean begins, boolean dumped) {
    return !begins && (dumped || FlowEntry.tcpState(value) != OutcomeCounter.ESTABLISHED);
  }

  /**
   * Puts the state that counts in the place of the one that is told, if a flowtable has the flow,
   * or had it.
   */
  private static void standIn(Flow flow, int knownTcpState, int flags) {
    if (flow.offloaded || (flags & OutcomeCounter.OFFLOADED) != 0) {
      flow.tcpState = TcpStandIn.ofOffloaded(flow.tcpState, knownTcpState);
    }
  }

  /** The source of a flow that is counted now, or none. */
  private int source(Flow flow, long value) {
    return sources == null ? FlowEntry.NO_ENDPOINT : sources.count(flow, value);
  }

  private void keepSource(long slot, int source) {
    if (sources != null) {
      sources.keep(slot, source);
    }
  }

  /** Where the flow in a slot was counted, or none. */
  private int source(long slot) {
    return sources == null ? FlowEntry.NO_ENDPOINT : sources.source(slot);
  }

  private static long at(long value, int source) {
    return OutcomeCounter.at(FlowEntry.endpoint(value), source);
  }

  private int firstFlags(Flow flow, long value, int source, boolean begins, boolean old) {
    long at = at(value, source);
    int tcpState = FlowEntry.tcpState(value);
    int flags;
    if (begins) {
      flags = outcomes.begin(at, tcpState);
    } else {
      flags = old ? outcomes.beginOld(tcpState) : outcomes.beginDumped(at, tcpState);
    }
    return outcomes.offloaded(flags, flow);
  }

  /** A dump shows a flow that seemed to have expired, because an earlier dump did not show it. */
  boolean revive(Flow flow, long slot, int epoch) {
    if (flows.room() <= 0) {
      return false;
    }
    int endpointBefore = FlowEntry.endpoint(flows.value(slot));
    tellLost(slot, FlowEnd.Cause.RESYNC);
    standIn(flow, NONE, 0);
    long value = counter.count(flow, flow.tcpState, endpointBefore, epoch);
    int source = source(flow, value);
    int flags = firstFlags(flow, value, source, false, false);
    flagged(0, flags);
    flows.revive(slot, FlowEntry.withFlags(value, flags));
    keepSource(slot, source);
    measures.dumped(slot, flow, FlowEntry.endpoint(value), true);
    measures.outcome(slot, outcomes.takeEnded());
    return true;
  }

  /** Brings a known flow to what an event says. */
  void change(Flow flow, long slot, boolean begins, int epoch) {
    long before = flows.value(slot);
    int flags = FlowEntry.flags(before);
    standIn(flow, FlowEntry.tcpState(before), begins ? 0 : flags);
    int sourceBefore = source(slot);
    long after = counter.recount(flow, before, epoch);
    int source = moveSource(flow, slot, sourceBefore, before, after);
    if (flow.tcpState != Flow.NO_STATE) {
      if (OutcomeCounter.isAnother(flags, flow.tcpState, begins)) {
        replaced(slot, flags);
      }
      long atBefore = at(before, sourceBefore);
      long atAfter = at(after, source);
      flags = outcomes.event(flags, atBefore, atAfter, FlowEntry.tcpState(after), begins);
      flags = outcomes.offloaded(flags, flow);
    }
    flagged(FlowEntry.flags(before), flags);
    flows.replace(slot, FlowEntry.withFlags(after, flags));
    if (measures != null && flow.tcpState != Flow.NO_STATE) {
      int flagsBefore = FlowEntry.flags(before);
      measures.told(slot, flow, FlowEntry.endpoint(after), flagsBefore, flags, begins);
      measures.outcome(slot, outcomes.takeEnded());
    }
  }

  /** Another connection is in the place of a flow, of whose end no event told. */
  private void replaced(long slot, int flags) {
    if (measures != null) {
      measures.outcomeIfNone(slot, OutcomeCounter.replaced(flags));
      tellLost(slot, FlowEnd.Cause.NEXT);
    }
  }

  private int moveSource(Flow flow, long slot, int sourceBefore, long before, long after) {
    return sources == null
        ? FlowEntry.NO_ENDPOINT
        : sources.recount(flow, slot, sourceBefore, before, after);
  }

  /** Changes a known flow to what a dump says. Returns whether that differs from what was known. */
  boolean correct(Flow flow, long slot, int epoch) {
    long before = flows.value(slot);
    int flags = outcomes.offloaded(FlowEntry.flags(before), flow);
    standIn(flow, FlowEntry.tcpState(before), flags);
    long after = counter.recount(flow, before, epoch);
    int source = moveSource(flow, slot, source(slot), before, after);
    boolean sameState = FlowEntry.tcpState(before) == FlowEntry.tcpState(after);
    if (!sameState) {
      flags = outcomes.dumped(flags, at(after, source), FlowEntry.tcpState(after));
    }
    flagged(FlowEntry.flags(before), flags);
    flows.replace(slot, FlowEntry.withFlags(after, flags));
    if (measures != null) {
      measures.dumped(slot, flow, FlowEntry.endpoint(after), sameState);
      measures.outcome(slot, outcomes.takeEnded());
    }
    return !FlowEntry.sameState(before, after);
  }

  private void remove(long slot) {
    uncount(slot, flows.value(slot));
    flows.remove(slot);
  }

  private void uncount(long slot, long value) {
    flagged(FlowEntry.flags(value), 0);
    counter.uncount(value);
    if (sources != null) {
      sources.uncount(slot, value);
    }
  }

  private void flagged(int before, int after) {
    dumped += OutcomeCounter.isDumped(after) ? 1 : 0;
    dumped -= OutcomeCounter.isDumped(before) ? 1 : 0;
  }

  /**
   * Whether events have told all of each flow. A flow of which a dump told may be older than the
   * exporter, and send none.
   */
  boolean areToldByEvents() {
    return dumped == 0;
  }

  /** Whether the sum over all flows is what was counted. Slow: for assertions. */
  boolean agrees() {
    long sum = 0;
    for (long slot = 0; slot < flows.capacitySlots(); slot++) {
      boolean isFlow = !flows.isEmpty(slot) && FlowEntry.isFlow(flows.value(slot));
      sum += isFlow && OutcomeCounter.isDumped(FlowEntry.flags(flows.value(slot))) ? 1 : 0;
    }
    return sum == dumped;
  }

  /** Makes room for a flow in the slot, if it has what is left of one, or a tombstone. */
  void forget(long slot) {
    if (slot >= 0) {
      tellLost(slot, FlowEnd.Cause.RESYNC);
      flows.remove(slot);
    }
  }

  /** Tells how a flow has ended of which no DESTROY comes, or its own is taken for lost. */
  private void tellLost(long slot, FlowEnd.Cause cause) {
    if (measures != null && measures.fill(slot, ends.last())) {
      ends.lost(cause);
    }
  }

  /** An event says that a flow ended, and so it leaves the table if it is in a slot. */
  void destroy(Flow flow, long slot) {
    ends.last().clear();
    if (slot < 0) {
      return;
    }
    long value = flows.value(slot);
    if (FlowEntry.isFlow(value)) {
      int flags = outcomes.destroy(FlowEntry.flags(value), at(value, source(slot)), flow);
      if (measures != null) {
        measures.ended(slot, flow, FlowEntry.endpoint(value), FlowEntry.flags(value), flags);
        measures.outcome(slot, outcomes.takeEnded());
      }
    } else if (FlowEntry.isExpired(value)) {
      measures.takeLast(slot, flow);
    }
    if (measures != null) {
      measures.fill(slot, ends.last());
    }
    remove(slot);
  }

  /**
   * A flow is gone without an event. Returns how many slots to go on: 0 if the flow was removed,
   * because another one may have moved into its slot.
   */
  int sweep(long slot, boolean eventsLost) {
    long value = flows.value(slot);
    if (FlowEntry.isFlow(value)) {
      outcomes.gone(FlowEntry.flags(value), at(value, source(slot)), eventsLost);
      if (measures != null) {
        measures.outcome(slot, outcomes.takeEnded());
        if (measures.expire(slot)) {
          uncount(slot, value);
          return 1;
        }
      }
    }
    tellLost(slot, FlowEnd.Cause.RESYNC);
    remove(slot);
    return 0;
  }
}
