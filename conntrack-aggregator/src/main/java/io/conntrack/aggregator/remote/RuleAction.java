package io.conntrack.aggregator.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What an {@link EndpointRule} makes of the endpoints that it matches. Immutable. */
public sealed interface RuleAction {
  /** Actions without a value. */
  enum Plain implements RuleAction {
    /** Shows the endpoint as it is without rules. */
    KEEP,
    /** Shows the address alone. */
    DROP_PORT,
    /** Counts and logs nothing of it. */
    IGNORE
  }

  /**
   * Shows all of them as one endpoint with this name.
   *
   * <p>Its key is a digest of the name, 128 bits of SHA-256, in place of an address. So a name
   * stays the same endpoint when the rules are read again, however they are numbered. It is never
   * shown twice.
   *
   * @param keyHigh follows from the name
   * @param keyLow follows from the name
   */
  record Group(String name, long keyHigh, long keyLow) implements RuleAction {
    /** The group of this name, which is its label: what is to be escaped must not be in it. */
    public static Group named(String name) {
      ByteBuffer digest = ByteBuffer.wrap(sha256().digest(name.getBytes(UTF_8)));
      return new Group(name, digest.getLong(), digest.getLong());
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java has SHA-256", e);
      }
    }
  }

  /**
   * Shows them by the network that they are in.
   *
   * @param ipv4Bits the length of an IPv4 network, 1 to 31; 0 if the rule matches none
   * @param ipv6Bits the length of an IPv6 network, 1 to 127; 0 if the rule matches none
   */
  record Prefix(int ipv4Bits, int ipv6Bits) implements RuleAction {
    public Prefix {
      if (ipv4Bits < 0 || ipv4Bits > 31 || ipv6Bits < 0 || ipv6Bits > 127) {
        throw new IllegalArgumentException(
            "ipv4Bits=" + ipv4Bits + ", ipv6Bits=" + ipv6Bits + "; at most 31 and 127 will do");
      }
    }

    /** How many bits of an address stay, of the 128 that it has as {@code Flow} writes it. */
    public int bits(long high, long low) {
      return EndpointLabel.isIpv4(high, low) ? EndpointLabel.MAPPED_BITS + ipv4Bits : ipv6Bits;
    }
  }
}
