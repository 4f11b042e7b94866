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
 * <p>Of a flow that was in a flowtable the kernel sees neither the packets nor, often, the end.
 * What an event tells counts as above, and so does DESTROY with time left. CLOSE that only DESTROY
 * or a dump tells, and any other end, is unknown.
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

  /** A flowtable has the flow, or had it. So the kernel may have missed how it ended. */
  static final int OFFLOADED = 8;

  /**
   * A dump showed CLOSE of a flow that had not opened. Whether it did meanwhile, events that are
   * still queued tell; if none come, it was refused.
   */
  private static final int CLOSE_DUMPED = 16;

  static final int ESTABLISHED = 3;

  private static final int FIN_WAIT = 4;
  private static final int CLOSE_WAIT = 5;
  private static final int LAST_ACK = 6;
  private static final int TIME_WAIT = 7;
  static final int CLOSE = 8;

  /** The IP protocol of the flows that flowtables have and whose end can be seen. */
  private static final int TCP = 6;

  private final EndpointCounts endpoints;

  /** Null where sources are not counted. */
  private final EndpointCounts sources;

  /** Some flow was offloaded. Others may have been without a message that says so. */
  private boolean offloading;

  /** What was counted last as an end, until it is taken. */
  private Outcome ended;

  OutcomeCounter(EndpointCounts endpoints, EndpointCounts sources) {
    this.endpoints = endpoints;
    this.sources = sources;
  }

  /** Where a flow counts, as one number: its endpoint in the lower half, its source above. */
  static long at(int endpoint, int source) {
    return (long) source << Integer.SIZE | Integer.toUnsignedLong(endpoint);
  }

  /** A new flow is counted from now on. Returns its flags. */
  int begin(long at, int tcpState) {
    return told(0, at, tcpState);
  }

  /** The same for a flow that a dump shows. How it came into CLOSE only events can tell. */
  int beginDumped(long at, int tcpState) {
    return tcpState == CLOSE ? DUMPED | CLOSE_DUMPED | ENDED : told(DUMPED, at, tcpState);
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
   * An event told of a known flow, which had these flags and counted there until now.
   *
   * @param begins whether the event is NEW: then another had these flags, unless a dump was ahead
   * @return its flags
   */
  int event(int flags, long atBefore, long at, int tcpState, boolean begins) {
    boolean another = isAnother(flags, tcpState, begins);
    if (another) {
      end(flags, atBefore, replaced(flags));
      ended = null; // it is not how this one ends
    }
    return told(another ? 0 : withoutDumpedClose(flags), at, tcpState);
  }

  /** How a flow with these flags ended that another one has replaced, if no message told. */
  static Outcome replaced(int flags) {
    return Outcome.unknown(isOpened(flags));
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
  int dumped(int flags, long at, int tcpState) {
    if (tcpState == CLOSE && mayHaveBeenOffloaded(flags)) {
      return flags | DUMPED;
    }
    if (tcpState == CLOSE && (flags & (OPENED | ENDED)) == 0) {
      return flags | DUMPED | CLOSE_DUMPED;
    }
    return told(flags | DUMPED, at, tcpState);
  }

  /** Notes whether a message says that a flowtable has the flow. Returns the flow's flags. */
  int offloaded(int flags, Flow flow) {
    offloading |= flow.offloaded;
    return flow.offloaded ? flags | OFFLOADED : flags;
  }

  /**
   * Whether the end of a flow may have passed the kernel by. CLOSE, told without an event of its
   * own, may be what it writes into a flow that leaves a flowtable after a FIN or a reset,
   * whichever it was (flow_offload_fixup_ct). It sends no event of that, but one of each reset that
   * it judged itself. A flow that expires may have had a reset whose number the kernel did not
   * believe.
   */
  private boolean mayHaveBeenOffloaded(int flags) {
    return isOffloaded(flags) || (offloading && isOpened(flags));
  }

  private int told(int flags, long at, int tcpState) {
    return switch (tcpState) {
      case ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK -> open(flags, at);
      case TIME_WAIT -> end(open(flags, at), at, Outcome.ENDED_CLOSED);
      case CLOSE -> end(flags, at, Outcome.reset(isOpened(flags)));
      default -> flags;
    };
  }

  /** A flow is over. {@code flow} is the message, DESTROY. Returns its last flags. */
  int destroy(int flags, long at, Flow flow) {
    int before = offloaded(flags, flow);
    boolean unsure = flow.protocol == TCP && mayHaveBeenOffloaded(before);
    boolean guessed = flow.tcpState == CLOSE && unsure;
    boolean told = flow.tcpState != Flow.NO_STATE && !guessed;
    int now = told ? told(before, at, flow.tcpState) : before;
    boolean opened = isOpened(now);
    if (told && flow.timeoutSeconds > 0) {
      return end(now, at, Outcome.evicted(opened));
    }
    boolean unknown = !told || unsure;
    return end(now, at, unknown ? Outcome.unknown(opened) : Outcome.timedOut(opened));
  }

  /** A flow is gone without an event. {@code missing}: its event may have been lost. */
  void gone(int flags, long at, boolean missing) {
    boolean opened = isOpened(flags);
    if ((flags & CLOSE_DUMPED) != 0 && !isOffloaded(flags)) {
      end(flags, at, Outcome.reset(opened));
      return;
    }
    boolean unknown = missing || (flags & DUMPED) != 0 || isOffloaded(flags);
    end(flags, at, unknown ? Outcome.unknown(opened) : Outcome.timedOut(opened));
  }

  static boolean isDumped(int flags) {
    return (flags & DUMPED) != 0;
  }

  private static boolean isOffloaded(int flags) {
    return (flags & OFFLOADED) != 0;
  }

  private static boolean isOpened(int flags) {
    return (flags & OPENED) != 0;
  }

  private int open(int flags, long at) {
    if (!isOpened(flags)) {
      count(at, Outcome.OPENED);
    }
    return flags | OPENED;
  }

  private int end(int flags, long at, Outcome outcome) {
    if ((flags & ENDED) == 0) {
      count(at, outcome);
      ended = outcome;
    }
    return flags | ENDED;
  }

  private void count(long at, Outcome outcome) {
    endpoints.count((int) at, outcome);
    if (sources != null) {
      sources.count((int) (at >> Integer.SIZE), outcome);
    }
  }

  /** How the flow of the last call ended, if that call has counted an end; asked once. */
  Outcome takeEnded() {
    Outcome outcome = ended;
    ended = null;
    return outcome;
  }
}
