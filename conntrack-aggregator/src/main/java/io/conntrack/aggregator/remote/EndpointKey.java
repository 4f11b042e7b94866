package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.state.Direction;

/**
 * What tells a remote endpoint from others. It is a place to fill in, like {@code Flow}. The
 * resolver keeps one and overwrites it for every flow.
 *
 * <pre>
 *  bits of details
 *      16..0   port       17 bits with a sign; -1: the endpoint is an address without a port;
 *                         below: a group or a network, see {@link EndpointLabel}
 *      18..17  direction  Direction.number; 0 when directions are not told apart
 *      26..19  protocol   the IP protocol's number; 0 when protocols are not told apart
 *      31..27  0
 *      47..32  zone       of the original direction; 0 when zones are not told apart
 * </pre>
 */
public final class EndpointKey {
  /** The IP protocol numbers that one label, {@code icmp}, stands for. */
  public static final int ICMP = 1;

  public static final int ICMPV6 = 58;

  /** The bits above these are 0. */
  public static final int DETAILS_BITS = 48;

  public static final long DETAILS_MASK = (1L << DETAILS_BITS) - 1;

  private static final int PORT_BITS = 17;
  private static final int UNSIGNED_BITS = Long.SIZE - PORT_BITS;
  private static final long PORT_MASK = (1 << PORT_BITS) - 1;
  private static final int DIRECTION_SHIFT = PORT_BITS;
  private static final int PROTOCOL_SHIFT = DIRECTION_SHIFT + 2;
  private static final int ZONE_SHIFT = Integer.SIZE;

  /** In two halves, as {@code Flow} has it. */
  public long addressHigh;

  public long addressLow;
  public long details;

  /** The address that was dialled; 0 without a service, or when services are not told apart. */
  public long serviceHigh;

  public long serviceLow;
  public int servicePort;

  /** A key of zeros, to be filled again and again. */
  public EndpointKey() {}

  public EndpointKey set(long addressHigh, long addressLow, long details) {
    this.addressHigh = addressHigh;
    this.addressLow = addressLow;
    this.details = details;
    return this;
  }

  public void setService(long serviceHigh, long serviceLow, int servicePort) {
    this.serviceHigh = serviceHigh;
    this.serviceLow = serviceLow;
    this.servicePort = servicePort;
  }

  /** The details of a port, or of {@link EndpointLabel#NO_PORT}; to be combined with others. */
  public static long ofPort(int port) {
    return port & PORT_MASK;
  }

  public static long ofDirection(Direction direction) {
    return (long) direction.number << DIRECTION_SHIFT;
  }

  public static long ofProtocol(int protocol) {
    return (long) protocol << PROTOCOL_SHIFT;
  }

  /** A group's label tells no ICMPv6 from ICMP, and neither does its key. */
  public static int ofGroup(int protocol) {
    return protocol == ICMPV6 ? ICMP : protocol;
  }

  public static long ofZone(int zone) {
    return (long) zone << ZONE_SHIFT;
  }

  public static int port(long details) {
    return (int) (details << UNSIGNED_BITS >> UNSIGNED_BITS);
  }

  public static Direction direction(long details) {
    return Direction.ofNumber((int) (details >>> DIRECTION_SHIFT) & 3);
  }

  public static int protocol(long details) {
    return (int) (details >>> PROTOCOL_SHIFT) & 0xff;
  }

  public static int zone(long details) {
    return (int) (details >>> ZONE_SHIFT) & 0xffff;
  }
}
