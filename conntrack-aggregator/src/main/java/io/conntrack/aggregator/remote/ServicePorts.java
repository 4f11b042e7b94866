package io.conntrack.aggregator.remote;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The TCP ports of this host that servers listen on, and those that the kernel gives to
 * connections. Immutable; equal to others with the same ports.
 *
 * <p>They show which connections the kernel has in the wrong direction. The kernel picked such a
 * connection up in mid-stream, after {@code conntrack -F} or a failover, and the server spoke
 * first. The kernel gives no such port to a connection that this host opens (inet_hash_connect),
 * unless a program asks for the port by bind(2).
 */
public final class ServicePorts {
  public static final ServicePorts NONE = new ServicePorts(new BitSet());

  private static final int PORTS = 1 << 16;

  private final long[] bits;
  private final long[] given;

  /** Of these the first 65,536 bits. No port is known to be given to connections. */
  public ServicePorts(BitSet ports) {
    this(ports, new BitSet());
  }

  /** The same, with the ports that are given to connections. */
  public ServicePorts(BitSet ports, BitSet given) {
    this.bits = words(ports);
    this.given = words(given);
  }

  private static long[] words(BitSet ports) {
    return Arrays.copyOf(ports.get(0, PORTS).toLongArray(), PORTS / Long.SIZE);
  }

  /** {@code port} is from 0 to 65,535. */
  public boolean contains(int port) {
    return (bits[port / Long.SIZE] & 1L << port) != 0;
  }

  /** Whether the kernel may give the port to a connection that asks for none. */
  public boolean isGiven(int port) {
    return (given[port / Long.SIZE] & 1L << port) != 0;
  }

  /** How many ports the kernel may give. */
  public int countGiven() {
    return BitSet.valueOf(given).cardinality();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServicePorts that
        && Arrays.equals(bits, that.bits)
        && Arrays.equals(given, that.given);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(bits) + Arrays.hashCode(given);
  }
}
