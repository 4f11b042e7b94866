package io.conntrack.exporter.names;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names of addresses and networks. Of all networks that an address is in, the smallest one's name
 * counts. Immutable once it is filled.
 */
final class NameTable {
  static final NameTable NONE = new NameTable();

  /** The first bits of an IPv4 address, as 128 bits are written. */
  private static final int IPV4_BITS = 96;

  /** By the length of the prefix, the longest first. */
  private final Map<Integer, Map<Network, String>> names =
      new TreeMap<>((one, other) -> Integer.compare(other, one));

  private int size;

  /** Adds an entry, unless there is one of the same network. */
  void add(Network network, String name) {
    Map<Network, String> ofLength =
        names.computeIfAbsent(network.prefixBits(), bits -> new HashMap<>());
    size += ofLength.putIfAbsent(network.masked(), name) == null ? 1 : 0;
  }

  int size() {
    return size;
  }

  /** The name of an address, or of a network; null if there is none. */
  String name(Network address) {
    for (Map.Entry<Integer, Map<Network, String>> ofLength : names.entrySet()) {
      int bits = ofLength.getKey();
      if (bits > address.prefixBits() || (bits < IPV4_BITS && address.isIpv4())) {
        continue;
      }
      Network network = new Network(address.high(), address.low(), bits, Network.ANY_PORT).masked();
      String name = ofLength.getValue().get(network);
      if (name != null) {
        return name;
      }
    }
    return null;
  }
}
