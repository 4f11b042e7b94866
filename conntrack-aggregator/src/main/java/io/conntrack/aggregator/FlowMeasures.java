package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.state.Outcome;

/**
 * What is measured of flows beside their states, if the options ask for it. It is kept in the words
 * of the flows' entries. Belongs to the reader.
 */
final class FlowMeasures {
  /**
   * How long an expired flow is kept for its DESTROY: at least this long, at most twice as long.
   * The kernel looks for expired flows every minute, if it has time.
   */
  private static final long EXPIRED_KEPT_MS = 120_000;

  private static final int SPANS = 4;

  /** The mark of an expired flow is its span, and above it bits of its endpoint's hash. */
  private static final int HASH_MASK = (FlowEntry.EPOCHS - 1) & -SPANS;

  private final FlowTable flows;
  private final EndpointTable endpoints;

  /** Null where flows are not counted by their sources. */
  private final SourceCounter sources;

  /** Where the words of this begin among those of a flow. */
  private final int firstWord;

  /** Null where what flows carry is not counted. */
  private final TrafficCounter traffic;

  /** Null where connections are not timed. */
  private final ConnectionTimer timer;

  /** Null where no records are told. */
  private final FlowHistory history;

  /** Those that expired in this span and in the one before are kept. Modulo SPANS. */
  private int span;

  private long spanSinceMs;

  private long zeroed;

  private FlowMeasures(
      TrackerOptions all,
      FlowTable flows,
      EndpointTables tables,
      SourceCounter sources,
      EndpointResolver resolver) {
    this.flows = flows;
    this.endpoints = tables.endpoints();
    this.sources = sources;
    this.firstWord = sources == null ? 0 : SourceCounter.WORDS;
    EndpointOptions options = all.endpoints();
    int words = firstWord + (options.traffic() ? TrafficCounter.WORDS : 0);
    int timed = words + (isTimed(all) ? ConnectionTimer.WORDS : 0);
    this.history = all.records() ? new FlowHistory(flows, timed, options.traffic()) : null;
    this.traffic =
        options.traffic() ? new TrafficCounter(flows, tables, resolver, firstWord, history) : null;
    this.timer =
        isTimed(all)
            ? new ConnectionTimer(flows, options.times() ? endpoints : null, words, history)
            : null;
  }

  /**
   * Null if the options ask for nothing.
   *
   * @param sources null if flows are not counted by them
   */
  static FlowMeasures of(
      TrackerOptions options,
      FlowTable flows,
      EndpointTables tables,
      SourceCounter sources,
      EndpointResolver resolver) {
    return words(options) > 0 ? new FlowMeasures(options, flows, tables, sources, resolver) : null;
  }

  /** How many words of each flow's entry are needed. */
  static int words(TrackerOptions options) {
    boolean carries = options.endpoints().traffic();
    return (carries ? TrafficCounter.WORDS : 0)
        + (isTimed(options) ? ConnectionTimer.WORDS : 0)
        + (options.records() ? FlowHistory.words(carries) : 0);
  }

  private static boolean isTimed(TrackerOptions options) {
    return options.endpoints().times() || options.records();
  }

  /**
   * A flow is new here.
   *
   * @param begins an event says that it began
   * @param old it was there before the first epoch
   */
  void begin(long slot, Flow flow, int endpoint, boolean begins, boolean old) {
    if (history != null) {
      history.begin(slot, flow);
    }
    if (timer != null) {
      timer.begin(slot, flow, begins);
    }
    if (traffic != null) {
      traffic.begin(slot, old);
      take(slot, flow, endpoint);
    }
  }

  private boolean take(long slot, Flow flow, int endpoint) {
    int source = sources == null ? FlowEntry.NO_ENDPOINT : sources.source(slot);
    return traffic.take(slot, flow, endpoint, source);
  }

  /** An event told of a flow, which changed its flags to these. */
  void told(long slot, Flow flow, int endpoint, int flagsBefore, int flags, boolean begins) {
    boolean another = OutcomeCounter.isAnother(flagsBefore, flow.tcpState, begins);
    if (another) {
      flows.clearWords(slot, firstWord);
      if (history != null) {
        history.begin(slot, flow);
      }
    }
    if (timer != null && begins) {
      timer.begin(slot, flow, true);
    }
    tellTimer(slot, flow, endpoint, another ? 0 : flagsBefore, flags);
  }

  private void tellTimer(long slot, Flow flow, int endpoint, int flagsBefore, int flags) {
    if (timer != null) {
      timer.told(slot, flow, endpoint, flagsBefore, flags);
    }
  }

  /**
   * A dump told of a flow that is known.
   *
   * @param sameState whether its TCP state is the one that was known; else smaller counters may be
   *     those of the next flow in its place
   */
  void dumped(long slot, Flow flow, int endpoint, boolean sameState) {
    if (timer != null) {
      timer.dumped(slot, flow);
    }
    if (traffic != null && take(slot, flow, endpoint) && sameState) {
      zeroed++;
    }
  }

  /** The DESTROY of a flow. */
  void ended(long slot, Flow flow, int endpoint, int flagsBefore, int flags) {
    tellTimer(slot, flow, endpoint, flagsBefore, flags);
    if (traffic != null && take(slot, flow, endpoint)) {
      zeroed++;
    }
  }

  /** Flows whose counters went back since this was asked. */
  long takeZeroed() {
    long count = zeroed;
    zeroed = 0;
    return count;
  }

  /**
   * Keeps what an expired flow has told, if there is room, until its DESTROY tells the rest. The
   * flow is counted at no endpoint. Returns whether it is kept.
   */
  boolean expire(long slot) {
    if ((traffic == null && history == null) || !flows.hasRoomForExpired()) {
      return false;
    }
    int endpoint = FlowEntry.endpoint(flows.value(slot));
    int mark = (endpoints.hash(endpoint) & HASH_MASK) | span;
    flows.expire(slot, FlowEntry.expired(endpoint, mark));
    if (sources != null) {
      sources.expire(slot);
    }
    return true;
  }

  /** The DESTROY of an expired flow. */
  void takeLast(long slot, Flow flow) {
    if (traffic != null) {
      int source = sources == null ? FlowEntry.NO_ENDPOINT : sources.sourceOfExpired(slot);
      traffic.take(slot, flow, endpoint(slot), source);
    }
    if (history != null) {
      timer.expiredEnds(slot, flow);
    }
  }

  /** Where a flow is counted. The endpoint of an expired flow may be gone. */
  private int endpoint(long slot) {
    long value = flows.value(slot);
    int endpoint = FlowEntry.endpoint(value);
    if (!FlowEntry.isExpired(value) || endpoint < EndpointTable.OVERFLOW) {
      return endpoint;
    }
    int otherBits = FlowEntry.epoch(value) ^ endpoints.hash(endpoint);
    boolean gone = endpoints.isFree(endpoint) || (otherBits & HASH_MASK) != 0;
    return gone ? EndpointTable.OVERFLOW : endpoint;
  }

  /** The outcome that the last message about a flow was counted as, or null. */
  void outcome(long slot, Outcome outcome) {
    if (history != null && outcome != null) {
      history.outcome(slot, outcome);
    }
  }

  /** The same, unless another one is known already. */
  void outcomeIfNone(long slot, Outcome outcome) {
    if (history != null && history.outcome(slot) == null) {
      history.outcome(slot, outcome);
    }
  }

  /**
   * Writes down what is known of a flow that ends, and forgets it. Returns false if no records are
   * told, or if the flow is counted nowhere.
   */
  boolean fill(long slot, FlowEnd end) {
    end.clear();
    long value = flows.value(slot);
    if (history == null
        || FlowEntry.isTombstone(value)
        || endpoint(slot) < EndpointTable.OVERFLOW) {
      return false;
    }
    end.host = endpoints.host(endpoint(slot));
    history.fill(slot, end);
    return true;
  }

  /** Whether the DESTROY of an expired flow is no longer waited for. */
  boolean isOver(long value) {
    int age = Math.floorMod(span - FlowEntry.epoch(value), SPANS);
    return age > 1;
  }

  /** A clean epoch has ended. */
  void epochClosed(long nowMs) {
    if (nowMs - spanSinceMs >= EXPIRED_KEPT_MS) {
      span = (span + 1) % SPANS;
      spanSinceMs = nowMs;
    }
  }
}
