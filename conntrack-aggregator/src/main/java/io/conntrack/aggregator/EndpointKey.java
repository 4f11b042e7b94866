package io.conntrack.aggregator;

/**
 * What tells a remote endpoint from others. A place to fill in, like {@link Flow}: the resolver
 * keeps one and overwrites it for every flow.
 *
 * <pre>
 *  bits of details
 *      16..0   port       17 bits with a sign; -1: the endpoint is an address without a port
 *      18..17  direction  Direction.number; 0 when directions are not told apart
 *      26..19  protocol   the IP protocol's number; 0 when protocols are not told apart
 * </pre>
 */
final class EndpointKey {
  private static final int PORT_BITS = 17;
  private static final int UNSIGNED_BITS = Integer.SIZE - PORT_BITS;
  private static final int DIRECTION_SHIFT = PORT_BITS;
  private static final int PROTOCOL_SHIFT = DIRECTION_SHIFT + 2;

  /** In two halves, as {@link Flow} has it. */
  long addressHigh;

  long addressLow;
  int details;

  EndpointKey set(long addressHigh, long addressLow, int details) {
    this.addressHigh = addressHigh;
    this.addressLow = addressLow;
    this.details = details;
    return this;
  }

  /** The details of a port, or of {@link EndpointLabel#NO_PORT}; to be combined with others. */
  static int ofPort(int port) {
    return port << UNSIGNED_BITS >>> UNSIGNED_BITS;
  }

  static int ofDirection(Direction direction) {
    return direction.number << DIRECTION_SHIFT;
  }

  static int ofProtocol(int protocol) {
    return protocol << PROTOCOL_SHIFT;
  }

  static int port(int details) {
    return details << UNSIGNED_BITS >> UNSIGNED_BITS;
  }

  static Direction direction(int details) {
    return Direction.ofNumber((details >>> DIRECTION_SHIFT) & 3);
  }

  static int protocol(int details) {
    return (details >>> PROTOCOL_SHIFT) & 0xff;
  }
}
