package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowTable;

/**
 * Adds what flows carry to their endpoints. The kernel tells of it in a dump, and when a flow ends.
 * Beside each flow is kept what was told last, so each byte counts once.
 *
 * <p>What a flow carried before the first clean epoch is not counted. If counters went back,
 * because somebody zeroed them, they count from zero again. Belongs to the reader.
 */
final class TrafficCounter {
  /** How many words of a flow are this counter's, the first ones: what was told last. */
  static final int WORDS = 4;

  private static final int ORIGINAL_BYTES = 0;
  private static final int ORIGINAL_PACKETS = 1;
  private static final int REPLY_BYTES = 2;
  private static final int REPLY_PACKETS = 3;

  /** Nothing was told yet of a flow that was there before. */
  private static final long UNTOLD = -1;

  private final FlowTable flows;
  private final EndpointTable endpoints;
  private final EndpointResolver resolver;

  /** Null where no records are told. */
  private final FlowHistory history;

  TrafficCounter(
      FlowTable flows, EndpointTable endpoints, EndpointResolver resolver, FlowHistory history) {
    this.flows = flows;
    this.endpoints = endpoints;
    this.resolver = resolver;
    this.history = history;
  }

  /** A flow that is new here, whose words are zero; an old one was there before the first epoch. */
  void begin(long slot, boolean old) {
    for (int word = 0; old && word < WORDS; word++) {
      flows.word(slot, word, UNTOLD);
    }
  }

  /**
   * Takes what a message about a flow tells.
   *
   * @param endpoint where it is counted; what one without an endpoint carries is not
   * @return whether a counter went back
   */
  boolean take(long slot, Flow flow, int endpoint) {
    if (!flow.hasCounters) {
      return false;
    }
    boolean wentBack = wentBack(slot, flow);
    long originalBytes = since(slot, ORIGINAL_BYTES, flow.originalBytes);
    long originalPackets = since(slot, ORIGINAL_PACKETS, flow.originalPackets);
    long replyBytes = since(slot, REPLY_BYTES, flow.replyBytes);
    long replyPackets = since(slot, REPLY_PACKETS, flow.replyPackets);
    if (endpoint < EndpointTable.OVERFLOW) {
      return wentBack;
    }
    if (isSentFirst(flow)) {
      add(slot, endpoint, replyBytes, replyPackets, originalBytes, originalPackets);
    } else {
      add(slot, endpoint, originalBytes, originalPackets, replyBytes, replyPackets);
    }
    return wentBack;
  }

  private void add(
      long slot,
      int endpoint,
      long receivedBytes,
      long receivedPackets,
      long sentBytes,
      long sentPackets) {
    endpoints.counts().addTraffic(endpoint, receivedBytes, receivedPackets, sentBytes, sentPackets);
    if (history != null) {
      history.carried(slot, receivedBytes, receivedPackets, sentBytes, sentPackets);
    }
  }

  private boolean wentBack(long slot, Flow flow) {
    return flow.originalBytes < flows.word(slot, ORIGINAL_BYTES)
        || flow.originalPackets < flows.word(slot, ORIGINAL_PACKETS)
        || flow.replyBytes < flows.word(slot, REPLY_BYTES)
        || flow.replyPackets < flows.word(slot, REPLY_PACKETS);
  }

  private long since(long slot, int word, long now) {
    long last = flows.word(slot, word);
    flows.word(slot, word, now);
    if (last == UNTOLD) {
      return 0;
    }
    return now >= last ? now - last : now;
  }

  /** Whether the first packet went towards the remote end. */
  private boolean isSentFirst(Flow flow) {
    return switch (resolver.remoteEnd(flow)) {
      case ORIGINAL_DESTINATION, REPLY_SOURCE -> true;
      case ORIGINAL_SOURCE, REPLY_DESTINATION -> false;
    };
  }
}
