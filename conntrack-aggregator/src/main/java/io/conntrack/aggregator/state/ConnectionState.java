package io.conntrack.aggregator.state;

/** What a TCP connection is doing, as coarsely as it is counted. */
public enum ConnectionState {
  /** The handshake has begun. */
  OPENING(0),
  /** Established. */
  OPEN(1),
  /** One side or both have said that they are done. */
  CLOSING(2),
  /** Over, by a reset or to the end; the kernel just still remembers it. */
  CLOSED(3);

  /** How many there are. */
  public static final int COUNT = values().length;

  /** No state: no packet has been judged yet. Such a flow is not counted. */
  public static final int TCP_NONE = 0;

  /** The last number that {@code enum tcp_conntrack} gives to a state which a flow can be in. */
  private static final int TCP_LAST = 9;

  /** Where its count lies among the four of an endpoint. */
  public final int column;

  ConnectionState(int column) {
    this.column = column;
  }

  /**
   * The state that one of the kernel's numbers stands for (linux/netfilter/nf_conntrack_tcp.h).
   *
   * @return null when flows in it are not counted: NONE, and numbers that a later kernel may add
   */
  public static ConnectionState ofTcp(int tcpState) {
    return switch (tcpState) {
      case 1, 2, 9 -> OPENING; // SYN_SENT, SYN_RECV, SYN_SENT2
      case 3 -> OPEN; // ESTABLISHED
      case 4, 5, 6, 7 -> CLOSING; // FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT
      case 8 -> CLOSED; // CLOSE
      default -> null;
    };
  }

  /** The number itself, or NONE for what no kernel of today says; so that it fits in four bits. */
  public static int knownTcp(int tcpState) {
    return tcpState >= TCP_NONE && tcpState <= TCP_LAST ? tcpState : TCP_NONE;
  }
}
