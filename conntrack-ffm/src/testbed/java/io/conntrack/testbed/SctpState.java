package io.conntrack.testbed;

/**
 * The states that the kernel tracks of an SCTP association, by the names and numbers of {@code enum
 * sctp_conntrack} (linux/netfilter/nf_conntrack_sctp.h).
 */
public enum SctpState {
  NONE(0),
  CLOSED(1),
  COOKIE_WAIT(2),
  COOKIE_ECHOED(3),
  ESTABLISHED(4),
  SHUTDOWN_SENT(5),
  SHUTDOWN_RECD(6),
  SHUTDOWN_ACK_SENT(7),
  HEARTBEAT_SENT(8),
  HEARTBEAT_ACKED(9);

  private final int number;

  SctpState(int number) {
    this.number = number;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }
}
