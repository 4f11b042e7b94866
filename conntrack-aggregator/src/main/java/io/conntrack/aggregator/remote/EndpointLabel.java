package io.conntrack.aggregator.remote;

/**
 * The label of an endpoint: {@code 10.0.1.5:3306}, {@code [2001:db8::1]:443}, and for an endpoint
 * without a port {@code 10.0.9.9}, {@code 2001:db8::1}; of a network {@code 10.1.2.0/24}. IPv6 is
 * written as RFC 5952 has it.
 */
public final class EndpointLabel {
  /** Stands for the port of an endpoint that has none. */
  public static final int NO_PORT = -1;

  /** Stands for the port of a {@link RuleAction.Group}, whose key is no address. */
  public static final int GROUP = -2;

  /** How many bits come before an IPv4 address, as {@code Flow} writes it. */
  static final int MAPPED_BITS = 96;

  private static final int NETWORK = -3;
  private static final int GROUPS = 8;

  private EndpointLabel() {}

  /** Stands for the port of a network of so many bits, of the 128 that any address has. */
  public static int network(int bits) {
    return NETWORK - bits;
  }

  /**
   * The label of an address in two halves, as {@code Flow} has it, and a port, {@link #NO_PORT} or
   * {@link #network}.
   */
  public static String of(long high, long low, int port) {
    assert port != GROUP : "a group has its own label";
    String address = isIpv4(high, low) ? ipv4((int) low) : ipv6(high, low);
    if (port <= NETWORK) {
      int bits = NETWORK - port;
      return address + "/" + (isIpv4(high, low) ? bits - MAPPED_BITS : bits);
    }
    if (port == NO_PORT) {
      return address;
    }
    return isIpv4(high, low) ? address + ":" + port : "[" + address + "]:" + port;
  }

  public static boolean isIpv4(long high, long low) {
    return high == 0 && low >>> 32 == 0xffff;
  }

  private static String ipv4(int address) {
    return (address >>> 24)
        + "."
        + ((address >>> 16) & 0xff)
        + "."
        + ((address >>> 8) & 0xff)
        + "."
        + (address & 0xff);
  }

  private static String ipv6(long high, long low) {
    int zeros = 1; // RFC 5952, 4.2.2: a single group of zeros is not shortened.
    int zerosStart = GROUPS;
    for (int start = 0; start < GROUPS; start++) {
      int run = zeroGroups(high, low, start);
      if (run > zeros) { // 4.2.3: the longest run, of equal ones the first
        zeros = run;
        zerosStart = start;
      }
    }
    String head = groups(high, low, 0, zerosStart);
    return zerosStart == GROUPS
        ? head
        : head + "::" + groups(high, low, zerosStart + zeros, GROUPS);
  }

  private static int zeroGroups(long high, long low, int start) {
    int end = start;
    while (end < GROUPS && group(high, low, end) == 0) {
      end++;
    }
    return end - start;
  }

  private static String groups(long high, long low, int start, int end) {
    StringBuilder text = new StringBuilder(GROUPS * 5);
    for (int i = start; i < end; i++) {
      text.append(i == start ? "" : ":").append(Integer.toHexString(group(high, low, i)));
    }
    return text.toString();
  }

  private static int group(long high, long low, int index) {
    long word = index < GROUPS / 2 ? high : low;
    return (int) (word >>> (48 - index % (GROUPS / 2) * 16)) & 0xffff;
  }
}
