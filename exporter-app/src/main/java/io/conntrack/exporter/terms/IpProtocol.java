package io.conntrack.exporter.terms;

/** The IP protocols that connection tracking knows by name (nf_conntrack_l4proto). */
public final class IpProtocol {
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;
  public static final int ICMPV6 = 58;
  public static final int SCTP = 132;

  private IpProtocol() {}

  /** The name that the conntrack tool uses, or the number if the tool has no name for it. */
  public static String name(int protocol) {
    return switch (protocol) {
      case ICMP -> "icmp";
      case TCP -> "tcp";
      case UDP -> "udp";
      case 33 -> "dccp";
      case 47 -> "gre";
      case ICMPV6 -> "icmpv6";
      case SCTP -> "sctp";
      case 136 -> "udplite";
      default -> Integer.toString(protocol);
    };
  }

  /** Whether its flows have ports; ICMP's have an id, GRE's a key. */
  public static boolean hasPorts(int protocol) {
    return switch (protocol) {
      case TCP, UDP, 33, SCTP, 136 -> true;
      default -> false;
    };
  }
}
