package io.conntrack.aggregator.state;

/**
 * The states that the kernel tracks of a TCP connection and that are counted (enum tcp_conntrack in
 * linux/netfilter/nf_conntrack_tcp.h), in the order of their names.
 */
public enum TcpState {
  CLOSE(8),
  CLOSE_WAIT(5),
  ESTABLISHED(3),
  FIN_WAIT(4),
  LAST_ACK(6),
  SYN_RECV(2),
  SYN_SENT(1),
  SYN_SENT2(9),
  TIME_WAIT(7);

  /** How many there are. */
  public static final int COUNT = values().length;

  /** Where its count lies among those of an endpoint. */
  public final int column;

  TcpState(int number) {
    this.column = column(number);
  }

  /** Of the state with this number, 1 to 9; all others are not counted. */
  public static int column(int number) {
    return number - 1;
  }
}
