package io.conntrack.testbed;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * One direction of a flow.
 *
 * @param protocol the IP protocol, such as {@link #TCP}
 * @param sourcePort for ICMP the id; 0 for a protocol without ports
 * @param destinationPort for ICMP {@code type << 8 | code}; 0 for a protocol without ports
 */
public record Tuple(
    int protocol,
    InetAddress source,
    int sourcePort,
    InetAddress destination,
    int destinationPort) {
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;
  public static final int ICMPV6 = 58;
  public static final int SCTP = 132;

  private static final int ECHO_REQUEST = 8;
  private static final int ECHO_REQUEST_V6 = 128;

  /** A TCP tuple of literal addresses. */
  public static Tuple tcp(String source, int sourcePort, String destination, int destinationPort) {
    return of(TCP, source, sourcePort, destination, destinationPort);
  }

  /** A UDP tuple of literal addresses. */
  public static Tuple udp(String source, int sourcePort, String destination, int destinationPort) {
    return of(UDP, source, sourcePort, destination, destinationPort);
  }

  /** An SCTP tuple of literal addresses. */
  public static Tuple sctp(String source, int sourcePort, String destination, int destinationPort) {
    return of(SCTP, source, sourcePort, destination, destinationPort);
  }

  /** An echo request, ICMP or ICMPv6 as the literal addresses are. */
  public static Tuple echo(String source, String destination, int id) {
    Tuple icmp = of(ICMP, source, id, destination, ECHO_REQUEST << 8);
    return icmp.isIpv4() ? icmp : of(ICMPV6, source, id, destination, ECHO_REQUEST_V6 << 8);
  }

  private static Tuple of(int protocol, String source, int sourcePort, String to, int port) {
    return new Tuple(
        protocol, InetAddress.ofLiteral(source), sourcePort, InetAddress.ofLiteral(to), port);
  }

  /** The tuple of the answer when nothing translates addresses. Of ICMP only echo is supported. */
  public Tuple reversed() {
    return switch (protocol) {
      case ICMP, ICMPV6 ->
          new Tuple(protocol, destination, sourcePort, source, answer(destinationPort));
      default -> new Tuple(protocol, destination, destinationPort, source, sourcePort);
    };
  }

  /** Request and reply differ in one bit of the type: 8 and 0, 128 and 129. */
  private int answer(int typeAndCode) {
    return typeAndCode ^ (protocol == ICMP ? ECHO_REQUEST << 8 : 1 << 8);
  }

  /** The same tuple from another source. */
  public Tuple from(InetAddress otherSource, int otherSourcePort) {
    return new Tuple(protocol, otherSource, otherSourcePort, destination, destinationPort);
  }

  /** Whether the addresses are IPv4; else they are IPv6. */
  public boolean isIpv4() {
    return source instanceof Inet4Address;
  }
}
