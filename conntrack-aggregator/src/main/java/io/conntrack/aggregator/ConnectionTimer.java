package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Timing;

/**
 * Counts how long connections take to open, and how long they live, by the times that come with
 * events. Beside each flow it keeps when the flow began, if a message has told.
 *
 * <p>Three things do not count, because nobody knows their time. A connection that was established
 * when first seen. A change that a dump shows, not an event. A time below zero: the kernel told
 * when the flow began but stamps no events. Belongs to the reader.
 */
final class ConnectionTimer {
  /** How many words of a flow are this timer's: when it began, in ns, or 0. */
  static final int WORDS = 1;

  private static final long UNKNOWN = 0;

  private final FlowTable flows;

  /** Null where times are not counted at endpoints. */
  private final EndpointTable endpoints;

  private final int word;

  /** Null where no records are told. */
  private final FlowHistory history;

  /** {@code word}: its number among the words of a flow. */
  ConnectionTimer(FlowTable flows, EndpointTable endpoints, int word, FlowHistory history) {
    this.flows = flows;
    this.endpoints = endpoints;
    this.word = word;
    this.history = history;
  }

  /** A flow that is new here; {@code begins}: its event is NEW. */
  void begin(long slot, Flow flow, boolean begins) {
    boolean first = begins && ConnectionState.ofTcp(flow.tcpState) == ConnectionState.OPENING;
    long began = first ? flow.timeNs : UNKNOWN;
    flows.word(slot, word, flow.startNs == UNKNOWN ? began : flow.startNs);
  }

  /** A dump tells of a flow that is known. */
  void dumped(long slot, Flow flow) {
    if (flows.word(slot, word) == UNKNOWN) {
      flows.word(slot, word, flow.startNs);
    }
  }

  /** An event told of a flow, which changed its flags to these. */
  void told(long slot, Flow flow, int endpoint, int flagsBefore, int flags) {
    long began = flows.word(slot, word);
    int since = flags & ~flagsBefore;
    if (began == UNKNOWN || flow.timeNs < began || endpoint < EndpointTable.OVERFLOW) {
      return;
    }
    long ns = flow.timeNs - began;
    if ((since & OutcomeCounter.OPENED) != 0 && flow.tcpState == OutcomeCounter.ESTABLISHED) {
      count(endpoint, Timing.SETUP, ns);
      if (history != null) {
        history.opened(slot, ns);
      }
    }
    if ((since & OutcomeCounter.ENDED) != 0) {
      if ((flags & OutcomeCounter.OPENED) != 0) {
        count(endpoint, Timing.DURATION, ns);
      }
      if (history != null) {
        history.ended(slot, ns);
      }
    }
  }

  private void count(int endpoint, Timing timing, long ns) {
    if (endpoints != null) {
      endpoints.counts().addTime(endpoint, timing, Timing.seconds(ns));
    }
  }

  /**
   * The DESTROY of a flow that was taken for expired. Its time is that of the end, if the flow was
   * idle until the kernel gave up. Only where records are told.
   */
  void expiredEnds(long slot, Flow flow) {
    long began = flows.word(slot, word);
    if (began != UNKNOWN && flow.timeNs >= began && history.isIdleToTheEnd(slot)) {
      history.ended(slot, flow.timeNs - began);
    }
  }
}
