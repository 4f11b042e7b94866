package io.conntrack.exporter;

/** The IP protocols that connection tracking knows by name (nf_conntrack_l4proto). */
final class IpProtocol {
  static final int TCP = 6;

  private IpProtocol() {}

  /** As the conntrack tool has it; the number of one that it has no name for. */
  static String name(int protocol) {
    return switch (protocol) {
      case 1 -> "icmp";
      case TCP -> "tcp";
      case 17 -> "udp";
      case 33 -> "dccp";
      case 47 -> "gre";
      case 58 -> "icmpv6";
      case 132 -> "sctp";
      case 136 -> "udplite";
      default -> Integer.toString(protocol);
    };
  }

  /** Whether its flows have ports; ICMP's have an id, GRE's a key. */
  static boolean hasPorts(int protocol) {
    return switch (protocol) {
      case TCP, 17, 33, 132, 136 -> true;
      default -> false;
    };
  }
}
