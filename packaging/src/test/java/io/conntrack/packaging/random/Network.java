package io.conntrack.packaging.random;

import java.net.InetAddress;

/** Addresses that begin alike, as {@code 10.0.0.0/8} or {@code 10.0.0.1}. */
record Network(InetAddress first, int bits) {
  static Network parse(String text) {
    int slash = text.indexOf('/');
    InetAddress first = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
    int all = first.getAddress().length * Byte.SIZE;
    return new Network(first, slash < 0 ? all : Integer.parseInt(text.substring(slash + 1)));
  }

  boolean contains(InetAddress address) {
    byte[] mine = first.getAddress();
    byte[] others = address.getAddress();
    if (mine.length != others.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> bit % Byte.SIZE;
      if ((mine[bit / Byte.SIZE] & mask) != (others[bit / Byte.SIZE] & mask)) {
        return false;
      }
    }
    return true;
  }

  /** The network of this many bits that the address is in, as labels write it. */
  static String label(InetAddress address, int bits) {
    byte[] octets = address.getAddress();
    for (int bit = bits; bit < octets.length * Byte.SIZE; bit++) {
      octets[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
    }
    try {
      return InetAddress.getByAddress(octets).getHostAddress() + "/" + bits;
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError("an address has 4 or 16 octets", e);
    }
  }
}
