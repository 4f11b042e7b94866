package io.conntrack.aggregator.remote;

import java.util.List;

/**
 * Remote hosts whose flows are tracked but counted nowhere: networks, each with one port or any.
 * Immutable.
 */
public record IgnoredHosts(List<Network> networks) {
  /** Ignores nothing. */
  public static final IgnoredHosts NONE = new IgnoredHosts(List.of());

  public IgnoredHosts {
    networks = List.copyOf(networks);
  }

  /**
   * Whether one of the networks has this remote end. Allocates nothing: it is asked for each flow.
   */
  public boolean contain(long high, long low, int port) {
    for (int i = 0; i < networks.size(); i++) {
      if (networks.get(i).contains(high, low, port)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The addresses that begin with the same bits; an IPv4 network is one of {@code ::ffff:0:0/96}. A
   * shorter prefix is an IPv6 network, which has no IPv4 address in it, not even {@code ::/0}.
   *
   * @param high the upper half of any address in it
   * @param low the lower half
   * @param prefixBits how many bits its addresses share, 0 to 128
   * @param port the only port, or {@link #ANY_PORT}
   */
  public record Network(long high, long low, int prefixBits, int port) {
    public static final int ANY_PORT = -1;

    private static final int MAPPED_BITS = 96;

    public Network {
      if (prefixBits < 0 || prefixBits > 2 * Long.SIZE) {
        throw new IllegalArgumentException("prefixBits=" + prefixBits + " is not 0 to 128");
      }
    }

    /** The same with all bits of its address at zero that its addresses do not share. */
    public Network masked() {
      return new Network(
          high & mask(prefixBits), low & mask(prefixBits - Long.SIZE), prefixBits, port);
    }

    public boolean isIpv4() {
      return prefixBits >= MAPPED_BITS && isIpv4(high, low);
    }

    /** Whether all addresses of the other one are in this one. */
    public boolean contains(Network other) {
      return prefixBits <= other.prefixBits && contains(other.high, other.low, other.port);
    }

    boolean contains(long otherHigh, long otherLow, int otherPort) {
      boolean samePort = port == ANY_PORT || port == otherPort;
      boolean sameFamily = prefixBits >= MAPPED_BITS || !isIpv4(otherHigh, otherLow);
      return samePort
          && sameFamily
          && ((high ^ otherHigh) & mask(prefixBits)) == 0
          && ((low ^ otherLow) & mask(prefixBits - Long.SIZE)) == 0;
    }

    private static boolean isIpv4(long high, long low) {
      return high == 0 && low >>> Integer.SIZE == 0xffff;
    }

    /** The upper {@code bits} of a word; none below 0, all from 64 on. */
    public static long mask(int bits) {
      return bits <= 0 ? 0 : -1L << Math.max(0, Long.SIZE - bits);
    }
  }
}
