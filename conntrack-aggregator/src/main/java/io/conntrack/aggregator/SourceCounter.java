package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.aggregator.state.ConnectionState;

/**
 * Counts each flow at its source too, unless a rule drops that. Whatever the {@link
 * ConnectionCounter} counts, it counts the same moment, so all sources together have what all
 * endpoints have. Belongs to the reader.
 *
 * <p>One word of a flow is this counter's, the first one:
 *
 * <pre>
 *      63..32  hash      of an expired flow's source, which may be gone when the rest is told
 *      31..0   source    index in the table of sources, or what FlowEntry has in place of one
 * </pre>
 */
final class SourceCounter {
  static final int WORDS = 1;

  private static final int WORD = 0;
  private static final long NUMBER = 0xffff_ffffL;

  private final FlowTable flows;
  private final EndpointTable sources;
  private final SourceResolver resolver;

  private long countedFlows;

  /** Of the last new flow: the next one is often of the same source. */
  private int lastSource = FlowEntry.NO_ENDPOINT;

  private SourceCounter(FlowTable flows, EndpointTable sources, SourceResolver resolver) {
    this.flows = flows;
    this.sources = sources;
    this.resolver = resolver;
  }

  /** Null unless the options ask for it. */
  static SourceCounter of(
      TrackerOptions options, FlowTable flows, EndpointTable sources, EndpointResolver endpoints) {
    return words(options) == 0
        ? null
        : new SourceCounter(
            flows, sources, new SourceResolver(sources, endpoints, options.sources()));
  }

  /** How many words of each flow's entry are needed. */
  static int words(TrackerOptions options) {
    return options.sources() == SourceView.NONE ? 0 : WORDS;
  }

  void rules(EndpointRules rules) {
    resolver.rules(rules);
  }

  long countedFlows() {
    return countedFlows;
  }

  /**
   * Counts a flow that has just been counted at its endpoint, and now has this value. Returns its
   * source, which {@link #keep} is to be told.
   */
  int count(Flow flow, long value) {
    lastSource = resolve(flow, value, lastSource);
    add(lastSource, value);
    return lastSource;
  }

  private int resolve(Flow flow, long value, int likely) {
    int endpoint = FlowEntry.endpoint(value);
    return endpoint < EndpointTable.OVERFLOW ? endpoint : resolver.resolve(flow, likely);
  }

  private void add(int source, long value) {
    if (source >= EndpointTable.OVERFLOW) {
      sources.add(source, state(value));
      countedFlows++;
    }
  }

  private static ConnectionState state(long value) {
    return ConnectionState.ofTcp(FlowEntry.tcpState(value));
  }

  void keep(long slot, int source) {
    flows.word(slot, WORD, source & NUMBER);
  }

  /**
   * Counts a flow with the value after, no longer with the one before, when its source was this
   * one. Returns its source.
   */
  int recount(Flow flow, long slot, int sourceBefore, long before, long after) {
    int source = resolve(flow, after, sourceBefore);
    if (source != sourceBefore) {
      add(source, after);
      uncount(sourceBefore, before); // after counting, as at the endpoint
      keep(slot, source);
    } else if (source >= EndpointTable.OVERFLOW) {
      sources.change(source, state(before), state(after));
    }
    return source;
  }

  /** Where the flow is counted. */
  int source(long slot) {
    return (int) flows.word(slot, WORD);
  }

  /** A flow with this value is gone. */
  void uncount(long slot, long value) {
    uncount(source(slot), value);
  }

  private void uncount(int source, long value) {
    if (source >= EndpointTable.OVERFLOW && FlowEntry.isFlow(value)) {
      sources.remove(source, state(value));
      countedFlows--;
    }
  }

  /** A flow expires, of which {@link #uncount} is to be told too. */
  void expire(long slot) {
    long hash = Integer.toUnsignedLong(sources.hash(source(slot)));
    flows.word(slot, WORD, hash << Integer.SIZE | (source(slot) & NUMBER));
  }

  /** Where an expired flow was counted; {@code other} if that source is gone. */
  int sourceOfExpired(long slot) {
    int source = source(slot);
    int hash = (int) (flows.word(slot, WORD) >>> Integer.SIZE);
    boolean gone = sources.isFree(source) || sources.hash(source) != hash;
    return gone ? EndpointTable.OVERFLOW : source;
  }

  /** Whether the sum over all flows, one by one, equals what the sources say: for assertions. */
  boolean agrees() {
    int[] connections = sources.shown().zeroes();
    for (long slot = 0; slot < flows.capacitySlots(); slot++) {
      long value = flows.isEmpty(slot) ? FlowEntry.EMPTY : flows.value(slot);
      ConnectionState state = state(value);
      if (state != null && source(slot) >= EndpointTable.OVERFLOW) {
        connections[source(slot) * ConnectionState.COUNT + state.column]++;
      }
    }
    return sources.shown().agreesWith(connections, sources.shown().tcpZeroes());
  }
}
