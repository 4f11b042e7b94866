package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.state.Outcome;

/**
 * Keeps of each flow what will be told when it has ended: {@link FlowEnd}. It is kept in words of
 * the flow's entry. Belongs to the reader.
 *
 * <pre>
 *  word  bits    field
 *     0  63      logged      whether the event log takes the flow
 *     0  62..0   setup       in ns, and 1; 0 if it is not known
 *     1  63..4   duration    in ns, and 1; 0 if it is not known
 *     1  3..0    outcome     its column; 0 if the flow has not ended
 *     2          received bytes, as they were counted; these only with traffic
 *     3          received packets
 *     4          sent bytes
 *     5          sent packets
 * </pre>
 */
final class FlowHistory {
  private static final int OPENING = 0;
  private static final int ENDING = 1;
  private static final int RECEIVED_BYTES = 2;
  private static final int RECEIVED_PACKETS = 3;
  private static final int SENT_BYTES = 4;
  private static final int SENT_PACKETS = 5;

  private static final long LOGGED = Long.MIN_VALUE;
  private static final int OUTCOME_BITS = 4;
  private static final int OUTCOME = (1 << OUTCOME_BITS) - 1;
  private static final Outcome[] OUTCOMES = new Outcome[Outcome.COUNT];

  static {
    for (Outcome outcome : Outcome.values()) {
      OUTCOMES[outcome.column] = outcome;
    }
    assert Outcome.COUNT <= OUTCOME && Outcome.OPENED.column == 0 : "outcomes fit into their bits";
  }

  private final FlowTable flows;
  private final int first;
  private final boolean traffic;

  /**
   * The words of a flow from {@code first} on are its own.
   *
   * @param traffic whether it is counted what flows carry
   */
  FlowHistory(FlowTable flows, int first, boolean traffic) {
    this.flows = flows;
    this.first = first;
    this.traffic = traffic;
  }

  /** How many words of a flow are needed. */
  static int words(boolean traffic) {
    return (traffic ? SENT_PACKETS : ENDING) + 1;
  }

  private long word(long slot, int word) {
    return flows.word(slot, first + word);
  }

  private void word(long slot, int word, long value) {
    flows.word(slot, first + word, value);
  }

  /** A flow that is new here, whose words are zero. */
  void begin(long slot, Flow flow) {
    word(slot, OPENING, flow.logged ? LOGGED : 0);
  }

  /** It was established so long after its beginning. */
  void opened(long slot, long ns) {
    word(slot, OPENING, (word(slot, OPENING) & LOGGED) | (ns + 1));
  }

  /** It ended so long after its beginning. */
  void ended(long slot, long ns) {
    word(slot, ENDING, ((ns + 1) << OUTCOME_BITS) | (word(slot, ENDING) & OUTCOME));
  }

  /** It was counted as this. */
  void outcome(long slot, Outcome outcome) {
    word(slot, ENDING, (word(slot, ENDING) & ~OUTCOME) | outcome.column);
  }

  /** What it was counted as, or null. */
  Outcome outcome(long slot) {
    int column = (int) word(slot, ENDING) & OUTCOME;
    return column == 0 ? null : OUTCOMES[column];
  }

  /** Whether nothing but the kernel's timeout ended it, at a time that is not known yet. */
  boolean isIdleToTheEnd(long slot) {
    Outcome outcome = outcome(slot);
    return word(slot, ENDING) >>> OUTCOME_BITS == 0
        && (outcome == Outcome.FAILED_UNANSWERED || outcome == Outcome.ENDED_TIMED_OUT);
  }

  /** So much more was counted of it. */
  void carried(
      long slot, long receivedBytes, long receivedPackets, long sentBytes, long sentPackets) {
    word(slot, RECEIVED_BYTES, word(slot, RECEIVED_BYTES) + receivedBytes);
    word(slot, RECEIVED_PACKETS, word(slot, RECEIVED_PACKETS) + receivedPackets);
    word(slot, SENT_BYTES, word(slot, SENT_BYTES) + sentBytes);
    word(slot, SENT_PACKETS, word(slot, SENT_PACKETS) + sentPackets);
  }

  /** Writes all of it down, and begins anew, so that nothing is told twice. */
  void fill(long slot, FlowEnd end) {
    long opening = word(slot, OPENING);
    end.logged = (opening & LOGGED) != 0;
    end.setupNs = (opening & ~LOGGED) - 1;
    end.durationNs = (word(slot, ENDING) >>> OUTCOME_BITS) - 1;
    end.outcome = outcome(slot);
    end.hasTraffic = traffic;
    if (traffic) {
      end.receivedBytes = word(slot, RECEIVED_BYTES);
      end.receivedPackets = word(slot, RECEIVED_PACKETS);
      end.sentBytes = word(slot, SENT_BYTES);
      end.sentPackets = word(slot, SENT_PACKETS);
    }
    for (int word = 0; word < words(traffic); word++) {
      word(slot, word, 0);
    }
    word(slot, OPENING, opening & LOGGED);
  }
}
