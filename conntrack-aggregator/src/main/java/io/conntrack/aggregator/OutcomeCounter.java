package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.state.Outcome;

/**
 * Counts what becomes of connections, each outcome once. It follows the states that events and
 * dumps tell (net/netfilter/nf_conntrack_proto_tcp.c). A few flags beside each flow say what was
 * counted.
 *
 * <pre>
 * message                              not opened           opened
 * -----------------------------------  -------------------  -----------------
 * ESTABLISHED, FIN_WAIT, CLOSE_WAIT,   opened
 *   LAST_ACK
 * TIME_WAIT                            opened and closed    closed
 * CLOSE                                refused              reset
 * DESTROY, its state is one of these   as above             as above
 *   another, with time left            evicted              evicted
 *   another, without                   unanswered           timed out
 *   none is told (before Linux 5.12)   unknown              unknown
 * gone at an epoch's clean end         unanswered           timed out
 *   if an event of it may be missing   unknown              unknown
 * </pre>
 *
 * <p>If the kernel no longer dumps a flow, though no event was lost, the flow has expired. Its
 * DESTROY follows when the kernel collects it, and finds no flow here.
 *
 * <p>A connection from before the first clean epoch is not counted as opened, but its end is
 * counted. Belongs to the reader.
 */
final class OutcomeCounter {
  /** Flags of a flow: it opened, or its opening is known but not to be counted. */
  static final int OPENED = 1;

  /** How it ended, or why it did not open, has been counted. */
  static final int ENDED = 2;

  /**
   * A dump told of the flow, or of its state, first. Older events of the flow may still be queued,
   * or there may be none at all.
   */
  static final int DUMPED = 4;

  /**
   * A dump showed CLOSE of a flow that had not opened. Whether it did meanwhile, events that are
   * still queued tell; if none come, it was refused.
   */
  private static final int CLOSE_DUMPED = 8;

  static final int ESTABLISHED = 3;

  private static final int FIN_WAIT = 4;
  private static final int CLOSE_WAIT = 5;
  private static final int LAST_ACK = 6;
  private static final int TIME_WAIT = 7;
  static final int CLOSE = 8;

  private final EndpointCounts endpoints;

  OutcomeCounter(EndpointCounts endpoints) {
    this.endpoints = endpoints;
  }

  /** A new flow is counted from now on. Returns its flags. */
  int begin(int endpoint, int tcpState) {
    return told(0, endpoint, tcpState);
  }

  /** The same for a flow that a dump shows. How it came into CLOSE only events can tell. */
  int beginDumped(int endpoint, int tcpState) {
    return tcpState == CLOSE ? DUMPED | CLOSE_DUMPED | ENDED : told(DUMPED, endpoint, tcpState);
  }

  /** The same for one that was there before. */
  int beginOld(int tcpState) {
    return switch (tcpState) {
      case ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK -> DUMPED | OPENED;
      case TIME_WAIT, CLOSE -> DUMPED | OPENED | ENDED;
      default -> DUMPED;
    };
  }

  /**
   * An event told of a known flow, which had these flags and this endpoint until now.
   *
   * @param begins whether the event is NEW: then another had these flags, unless a dump was ahead
   * @return its flags
   */
  int event(int flags, int endpointBefore, int endpoint, int tcpState, boolean begins) {
    boolean another = isAnother(flags, tcpState, begins);
    if (another) {
      end(flags, endpointBefore, Outcome.unknown(isOpened(flags)));
    }
    return told(another ? 0 : withoutDumpedClose(flags), endpoint, tcpState);
  }

  /** Of a flow that a dump has shown in CLOSE, nothing was counted that an event would repeat. */
  private static int withoutDumpedClose(int flags) {
    return (flags & CLOSE_DUMPED) == 0 ? flags : flags & ~(CLOSE_DUMPED | ENDED);
  }

  /**
   * Whether an event tells of another connection in the place of the one with these flags.
   *
   * @param begins whether the event is NEW
   */
  static boolean isAnother(int flags, int tcpState, boolean begins) {
    return (flags & DUMPED) == 0 && (begins || reopens(flags, tcpState));
  }

  /** A connection that was over is open again: the kernel used its entry for the next one. */
  private static boolean reopens(int flags, int tcpState) {
    return (flags & ENDED) != 0 && tcpState == ESTABLISHED;
  }

  /** A dump showed a known flow in another state. Returns its flags. */
  int dumped(int flags, int endpoint, int tcpState) {
    if (tcpState == CLOSE && (flags & (OPENED | ENDED)) == 0) {
      return flags | DUMPED | CLOSE_DUMPED;
    }
    return told(flags | DUMPED, endpoint, tcpState);
  }

  private int told(int flags, int endpoint, int tcpState) {
    return switch (tcpState) {
      case ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK -> open(flags, endpoint);
      case TIME_WAIT -> end(open(flags, endpoint), endpoint, Outcome.ENDED_CLOSED);
      case CLOSE -> end(flags, endpoint, Outcome.reset(isOpened(flags)));
      default -> flags;
    };
  }

  /** A flow is over. {@code flow} is the message, DESTROY. Returns its last flags. */
  int destroy(int flags, int endpoint, Flow flow) {
    boolean told = flow.tcpState != Flow.NO_STATE;
    int now = told ? told(flags, endpoint, flow.tcpState) : flags;
    boolean opened = isOpened(now);
    if (!told) {
      return end(now, endpoint, Outcome.unknown(opened));
    }
    boolean evicted = flow.timeoutSeconds > 0;
    return end(now, endpoint, evicted ? Outcome.evicted(opened) : Outcome.timedOut(opened));
  }

  /** A flow is gone without an event. {@code missing}: its event may have been lost. */
  void gone(int flags, int endpoint, boolean missing) {
    boolean opened = isOpened(flags);
    if ((flags & CLOSE_DUMPED) != 0) {
      end(flags, endpoint, Outcome.reset(opened));
      return;
    }
    boolean unknown = missing || (flags & DUMPED) != 0;
    end(flags, endpoint, unknown ? Outcome.unknown(opened) : Outcome.timedOut(opened));
  }

  private static boolean isOpened(int flags) {
    return (flags & OPENED) != 0;
  }

  private int open(int flags, int endpoint) {
    if (!isOpened(flags)) {
      endpoints.count(endpoint, Outcome.OPENED);
    }
    return flags | OPENED;
  }

  private int end(int flags, int endpoint, Outcome outcome) {
    if ((flags & ENDED) == 0) {
      endpoints.count(endpoint, outcome);
    }
    return flags | ENDED;
  }
}
