package io.conntrack.aggregator;

/**
 * What tells a remote endpoint from others. A place to fill in, like {@link Flow}: the resolver
 * keeps one and overwrites it for every flow.
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
final class EndpointKey {
  /** The bits above these are 0. */
  static final int DETAILS_BITS = 48;

  static final long DETAILS_MASK = (1L << DETAILS_BITS) - 1;

  private static final int PORT_BITS = 17;
  private static final int UNSIGNED_BITS = Long.SIZE - PORT_BITS;
  private static final long PORT_MASK = (1 << PORT_BITS) - 1;
  private static final int DIRECTION_SHIFT = PORT_BITS;
  private static final int PROTOCOL_SHIFT = DIRECTION_SHIFT + 2;
  private static final int ZONE_SHIFT = Integer.SIZE;

  /** In two halves, as {@link Flow} has it. */
  long addressHigh;

  long addressLow;
  long details;

  /** The address that was dialled; 0 without a service, or when services are not told apart. */
  long serviceHigh;

  long serviceLow;
  int servicePort;

  EndpointKey set(long addressHigh, long addressLow, long details) {
    this.addressHigh = addressHigh;
    this.addressLow = addressLow;
    this.details = details;
    return this;
  }

  void setService(long serviceHigh, long serviceLow, int servicePort) {
    this.serviceHigh = serviceHigh;
    this.serviceLow = serviceLow;
    this.servicePort = servicePort;
  }

  /** The details of a port, or of {@link EndpointLabel#NO_PORT}; to be combined with others. */
  static long ofPort(int port) {
    return port & PORT_MASK;
  }

  static long ofDirection(Direction direction) {
    return (long) direction.number << DIRECTION_SHIFT;
  }

  static long ofProtocol(int protocol) {
    return (long) protocol << PROTOCOL_SHIFT;
  }

  static long ofZone(int zone) {
    return (long) zone << ZONE_SHIFT;
  }

  static int port(long details) {
    return (int) (details << UNSIGNED_BITS >> UNSIGNED_BITS);
  }

  static Direction direction(long details) {
    return Direction.ofNumber((int) (details >>> DIRECTION_SHIFT) & 3);
  }

  static int protocol(long details) {
    return (int) (details >>> PROTOCOL_SHIFT) & 0xff;
  }

  static int zone(long details) {
    return (int) (details >>> ZONE_SHIFT) & 0xffff;
  }
}
