package io.conntrack.testbed;

/**
 * The states that the kernel tracks of a TCP connection, by the names and numbers of {@code enum
 * tcp_conntrack} (linux/netfilter/nf_conntrack_tcp.h).
 */
public enum TcpState {
  NONE(0),
  SYN_SENT(1),
  SYN_RECV(2),
  ESTABLISHED(3),
  FIN_WAIT(4),
  CLOSE_WAIT(5),
  LAST_ACK(6),
  TIME_WAIT(7),
  CLOSE(8),
  SYN_SENT2(9);

  private final int number;

  TcpState(int number) {
    this.number = number;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }
}
