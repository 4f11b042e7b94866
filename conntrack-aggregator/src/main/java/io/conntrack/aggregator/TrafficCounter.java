package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.remote.FlowPath;

/**
 * Adds what flows carry to their endpoints, and to their sources as these see it. The kernel tells
 * of it in a dump, and when a flow ends. Beside each flow is kept what was told last, so each byte
 * counts once.
 *
 * <p>What a flow carried before the first clean epoch is not counted. If counters went back,
 * because somebody zeroed them, they count from zero again. Belongs to the reader.
 */
final class TrafficCounter {
  /** How many words of a flow are this counter's: what was told last. */
  static final int WORDS = 4;

  private static final int ORIGINAL_BYTES = 0;
  private static final int ORIGINAL_PACKETS = 1;
  private static final int REPLY_BYTES = 2;
  private static final int REPLY_PACKETS = 3;

  /** Nothing was told yet of a flow that was there before. */
  private static final long UNTOLD = -1;

  private final FlowTable flows;
  private final EndpointTable endpoints;

  /** Null where sources are not counted. */
  private final EndpointCounts sources;

  private final EndpointResolver resolver;
  private final int firstWord;

  /** Null where no records are told. */
  private final FlowHistory history;

  /** {@code firstWord}: where its words begin among those of a flow. */
  TrafficCounter(
      FlowTable flows,
      EndpointTables tables,
      EndpointResolver resolver,
      int firstWord,
      FlowHistory history) {
    this.flows = flows;
    this.endpoints = tables.endpoints();
    this.sources = tables.sourceCounts();
    this.resolver = resolver;
    this.firstWord = firstWord;
    this.history = history;
  }

  private long word(long slot, int word) {
    return flows.word(slot, firstWord + word);
  }

  /** A flow that is new here, whose words are zero; an old one was there before the first epoch. */
  void begin(long slot, boolean old) {
    for (int word = 0; old && word < WORDS; word++) {
      flows.word(slot, firstWord + word, UNTOLD);
    }
  }

  /**
   * Takes what a message about a flow tells.
   *
   * @param endpoint where it is counted; what one without an endpoint carries is not
   * @param source the same, of its source
   * @return whether a counter went back
   */
  boolean take(long slot, Flow flow, int endpoint, int source) {
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
    FlowPath path = resolver.path(flow);
    if (resolver.remoteEnd(path).isSentFirst()) {
      add(slot, endpoint, replyBytes, replyPackets, originalBytes, originalPackets);
    } else {
      add(slot, endpoint, originalBytes, originalPackets, replyBytes, replyPackets);
    }
    if (source >= EndpointTable.OVERFLOW && path.isReversed()) {
      sources.addTraffic(source, originalBytes, originalPackets, replyBytes, replyPackets);
    } else if (source >= EndpointTable.OVERFLOW) {
      sources.addTraffic(source, replyBytes, replyPackets, originalBytes, originalPackets);
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
    return flow.originalBytes < word(slot, ORIGINAL_BYTES)
        || flow.originalPackets < word(slot, ORIGINAL_PACKETS)
        || flow.replyBytes < word(slot, REPLY_BYTES)
        || flow.replyPackets < word(slot, REPLY_PACKETS);
  }

  private long since(long slot, int word, long now) {
    long last = word(slot, word);
    flows.word(slot, firstWord + word, now);
    if (last == UNTOLD) {
      return 0;
    }
    return now >= last ? now - last : now;
  }
}
