package io.conntrack.aggregator.flow;

/**
 * The TCP state that stands for the state of a flow of another protocol, or for one that is not
 * told, so all flows are counted alike. Numbers of {@code enum tcp_conntrack}.
 */
public final class TcpStandIn {
  private static final int NONE = 0;
  private static final int SYN_SENT = 1;
  private static final int SYN_RECV = 2;
  private static final int ESTABLISHED = 3;
  private static final int FIN_WAIT = 4;
  private static final int TIME_WAIT = 7;
  private static final int CLOSE = 8;

  private TcpStandIn() {}

  /**
   * For a TCP flow that a flowtable has, or had. A flow gets there when it has been answered, so it
   * is open, unless more is told, or was known before.
   *
   * @param told the state that the message tells, {@link Flow#NO_STATE} included
   * @param known the state that was known, 0 if there was none
   */
  public static int ofOffloaded(int told, int known) {
    if (isPastOpening(told)) {
      return told;
    }
    return isPastOpening(known) ? known : ESTABLISHED;
  }

  private static boolean isPastOpening(int tcpState) {
    return tcpState >= ESTABLISHED && tcpState <= CLOSE;
  }

  /** For a flow of a protocol without states: open once it has been answered. */
  public static int ofReplied(boolean replied) {
    return replied ? ESTABLISHED : SYN_SENT;
  }

  /**
   * For one of SCTP's (enum sctp_conntrack in linux/netfilter/nf_conntrack_sctp.h), or {@link
   * Flow#NO_STATE}, which stays. Since Linux 5.6 an INIT alone is CLOSED too, and no state has
   * changed when an ABORT answers it.
   *
   * @param replied whether a packet has come in the reply direction
   */
  public static int ofSctp(int sctpState, boolean replied) {
    return switch (sctpState) {
      case 1 -> replied ? CLOSE : SYN_SENT; // CLOSED
      case 2, 8 -> SYN_SENT; // COOKIE_WAIT, HEARTBEAT_SENT: a path that has not been answered yet
      case 3 -> SYN_RECV; // COOKIE_ECHOED
      case 4, 9 -> ESTABLISHED; // ESTABLISHED, HEARTBEAT_ACKED
      case 5, 6 -> FIN_WAIT; // SHUTDOWN_SENT, SHUTDOWN_RECD
      case 7 -> TIME_WAIT; // SHUTDOWN_ACK_SENT: both sides are done, so CLOSED is no reset then
      case Flow.NO_STATE -> Flow.NO_STATE;
      default -> NONE;
    };
  }
}
