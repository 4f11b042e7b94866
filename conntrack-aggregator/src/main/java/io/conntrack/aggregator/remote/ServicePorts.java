package io.conntrack.aggregator.remote;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The TCP ports of this host that servers listen on. Immutable; equal to others with the same
 * ports.
 *
 * <p>They show which connections the kernel has in the wrong direction. The kernel picked such a
 * connection up in mid-stream, after {@code conntrack -F} or a failover, and the server spoke
 * first. The kernel gives no such port to a connection that this host opens (inet_hash_connect),
 * unless a program asks for the port by bind(2).
 */
public final class ServicePorts {
  public static final ServicePorts NONE = new ServicePorts(new BitSet());

  private static final int PORTS = 1 << 16;

  private final long[] bits = new long[PORTS / Long.SIZE];

  /** Of these the first 65,536 bits. */
  public ServicePorts(BitSet ports) {
    ports.stream()
        .filter(port -> port < PORTS)
        .forEach(port -> {
          bits[port / Long.SIZE] |= 1L << port;
        });
  }

  /** {@code port} is from 0 to 65,535. */
  public boolean contains(int port) {
    return (bits[port / Long.SIZE] & 1L << port) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServicePorts that && Arrays.equals(bits, that.bits);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bits);
  }
}
