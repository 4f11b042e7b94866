package io.conntrack.aggregator.state;

import java.util.Locale;

/**
 * What a flow of any protocol is in the kernel's table: its protocol and its state. TCP and SCTP
 * have the kernel's states, in the order of their numbers (enum tcp_conntrack, enum
 * sctp_conntrack). Of other protocols it is known whether a reply was seen. UDP that is assured is
 * a stream, as the kernel says of UDP that is answered for more than two seconds.
 */
public enum TableState {
  TCP_NONE,
  TCP_SYN_SENT,
  TCP_SYN_RECV,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT,
  TCP_CLOSE_WAIT,
  TCP_LAST_ACK,
  TCP_TIME_WAIT,
  TCP_CLOSE,
  TCP_SYN_SENT2,
  /** A flowtable has it, and the kernel tells no state. */
  TCP_OFFLOADED,
  UDP_UNREPLIED,
  UDP_REPLIED,
  UDP_STREAM,
  /** ICMPv6 too. */
  ICMP_UNREPLIED,
  ICMP_REPLIED,
  SCTP_NONE,
  SCTP_CLOSED,
  SCTP_COOKIE_WAIT,
  SCTP_COOKIE_ECHOED,
  SCTP_ESTABLISHED,
  SCTP_SHUTDOWN_SENT,
  SCTP_SHUTDOWN_RECD,
  SCTP_SHUTDOWN_ACK_SENT,
  SCTP_HEARTBEAT_SENT,
  SCTP_HEARTBEAT_ACKED,
  GRE_UNREPLIED,
  GRE_REPLIED,
  OTHER_UNREPLIED,
  OTHER_REPLIED;

  /** How many there are. */
  public static final int COUNT = values().length;

  private static final int ICMP = 1;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int GRE = 47;
  private static final int ICMPV6 = 58;
  private static final int SCTP = 132;

  private static final int MOST_TCP = TCP_SYN_SENT2.column - TCP_NONE.column;
  private static final int MOST_SCTP = SCTP_HEARTBEAT_ACKED.column - SCTP_NONE.column;

  /** Where its count lies: in the order of the kernel's numbers. */
  @SuppressWarnings("EnumOrdinal")
  public final int column = ordinal();

  /** As a label has it. */
  public final String protocol;

  /** As a label has it. */
  public final String state;

  TableState() {
    String words = name().toLowerCase(Locale.ROOT);
    int end = words.indexOf('_');
    protocol = words.substring(0, end);
    state = words.substring(end + 1);
  }

  /**
   * The column of a flow.
   *
   * @param protocol the IP protocol's number
   * @param state the kernel's number of the state; of no meaning where there is none
   * @param status bits of {@code enum ip_conntrack_status}
   */
  public static int column(int protocol, int state, int status) {
    int replied = TableFlag.UNREPLIED.isIn(status) ? 0 : 1;
    return switch (protocol) {
      case TCP -> tcp(state, status);
      case UDP -> UDP_UNREPLIED.column + replied + (replied & assured(status));
      case ICMP, ICMPV6 -> ICMP_UNREPLIED.column + replied;
      case SCTP -> SCTP_NONE.column + (state > MOST_SCTP ? 0 : state);
      case GRE -> GRE_UNREPLIED.column + replied;
      default -> OTHER_UNREPLIED.column + replied;
    };
  }

  private static int tcp(int state, int status) {
    if (state <= MOST_TCP) {
      return TCP_NONE.column + state;
    }
    boolean offloaded = TableFlag.OFFLOAD.isIn(status) || TableFlag.HW_OFFLOAD.isIn(status);
    return offloaded ? TCP_OFFLOADED.column : TCP_NONE.column;
  }

  private static int assured(int status) {
    return TableFlag.ASSURED.isIn(status) ? 1 : 0;
  }
}
