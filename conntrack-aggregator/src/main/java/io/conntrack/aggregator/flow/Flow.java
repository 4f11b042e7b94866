package io.conntrack.aggregator.flow;

/**
 * What one message says of one flow. It is a place to fill in and hand over, not a value. The
 * reader keeps one and overwrites it for every message. Whoever takes it keeps nothing of it.
 *
 * <p>An address is two big-endian words, so that {@code 2001:db8::1} is {@code 0x20010db8_00000000}
 * and {@code 1}; IPv4 is written as {@code ::ffff:a.b.c.d}. Ports are 0 to 65535. For ICMP they
 * carry what tells its flows apart (id, and type with code). For protocols without ports they are
 * 0.
 */
public final class Flow {
  /** The message does not tell the state. Not the same as NONE, which is 0. */
  public static final int NO_STATE = 0xff;

  public long originalSourceHigh;
  public long originalSourceLow;
  public long originalDestinationHigh;
  public long originalDestinationLow;
  public long replySourceHigh;
  public long replySourceLow;
  public long replyDestinationHigh;
  public long replyDestinationLow;

  public int originalSourcePort;
  public int originalDestinationPort;
  public int replySourcePort;
  public int replyDestinationPort;

  /** AF_INET (2) or AF_INET6 (10). */
  public int family;

  /** The IP protocol's number, 0 to 255. */
  public int protocol;

  /** The zone of the original direction, 0 to 65535. */
  public int zone;

  /** The kernel's number of the state of TCP or SCTP, as it was told, or {@link #NO_STATE}. */
  public int state = NO_STATE;

  /**
   * Bits of {@code enum ip_conntrack_status} (linux/netfilter/nf_conntrack_common.h); 0 if they are
   * not told.
   */
  public int status;

  /**
   * The kernel's number of the TCP state, or of one that stands for it ({@link TcpStandIn}), or
   * {@link #NO_STATE}.
   */
  public int tcpState = NO_STATE;

  /**
   * Whether a flowtable forwards this TCP flow past connection tracking. Its state is not told
   * then, or an old one is: {@link TcpStandIn#ofOffloaded}.
   */
  public boolean offloaded;

  /**
   * In how many seconds the kernel would have given up the flow; 0 if the message does not tell.
   */
  public int timeoutSeconds;

  /** Whether the message tells how much the flow has carried. Counted only with an option. */
  public boolean hasCounters;

  public long originalPackets;
  public long originalBytes;
  public long replyPackets;
  public long replyBytes;

  /**
   * When the flow began, in ns by the kernel's clock, or 0 if the message does not tell. Used only
   * with an option, as {@link #timeNs}.
   */
  public long startNs;

  /**
   * The time of the event by the kernel's clock. Without one, the time at which the message was
   * received, by a clock with much smaller numbers.
   */
  public long timeNs;

  /** Whether the event log takes the flow. The tracker keeps this for the flow's end. */
  public boolean logged;

  // What the tracker found out when it was told to expect this flow. Of no use once a message is
  // applied.

  /** Its hash, or 0. */
  public long expectedHash;

  /** Where it may belong, or {@link FlowEntry#NO_ENDPOINT}. */
  public int expectedEndpoint = FlowEntry.NO_ENDPOINT;

  public Flow() {}
}
