package io.conntrack.exporter.terms;

import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the hosts that {@code --ignore-hosts} lists: {@code 10.0.1.5:3306}, {@code 10.0.1.5},
 * {@code 10.0.0.0/8}, {@code 10.0.0.0/8:80}, {@code [2001:db8::1]:443}, {@code 2001:db8::/32},
 * {@code [2001:db8::/32]:443}.
 */
public final class HostPattern {
  private static final String RULE =
      "addresses such as 10.0.1.5, 10.0.1.5:3306, 10.0.0.0/8 or [2001:db8::/32]:443,"
          + " separated by commas";
  private static final Pattern IPV4 =
      Pattern.compile("(?<address>[0-9.]+)(/(?<bits>\\d{1,3}))?(:(?<port>\\d{1,5}))?");
  private static final String IPV6_NETWORK =
      "(?<address>[0-9a-fA-F]*:[0-9a-fA-F:.]+)(/(?<bits>\\d{1,3}))?";
  private static final Pattern IPV6 = Pattern.compile(IPV6_NETWORK + "(?<port>)");
  private static final Pattern BRACKETED_IPV6 =
      Pattern.compile("\\[" + IPV6_NETWORK + "](:(?<port>\\d{1,5}))?");
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;
  private static final long IPV4_MAPPED = 0x0000ffff_00000000L;

  private HostPattern() {}

  /**
   * Reads a comma-separated list, which may be empty.
   *
   * @throws IllegalArgumentException whose message says what would be right, to follow the words
   *     "must be"
   */
  public static IgnoredHosts list(String text) {
    return new IgnoredHosts(
        Arrays.stream(text.split("[,\\s]+"))
            .filter(host -> !host.isEmpty())
            .map(HostPattern::network)
            .toList());
  }

  /**
   * Reads a single host, of any form.
   *
   * @throws IllegalArgumentException as {@link #list} does
   */
  public static Network network(String host) {
    for (Pattern pattern : new Pattern[] {IPV4, IPV6, BRACKETED_IPV6}) {
      Matcher matcher = pattern.matcher(host);
      if (matcher.matches()) {
        return network(matcher, host);
      }
    }
    throw refused(host);
  }

  private static Network network(Matcher matcher, String host) {
    byte[] address = address(matcher.group("address"), host);
    boolean ipv4 = address.length == Integer.BYTES;
    int bits = number(matcher.group("bits"), ipv4 ? IPV4_BITS : IPV6_BITS);
    int port = number(matcher.group("port"), Network.ANY_PORT);
    if (bits > (ipv4 ? IPV4_BITS : IPV6_BITS) || port > 65535) {
      throw refused(host);
    }
    if (ipv4) {
      long low = IPV4_MAPPED | Integer.toUnsignedLong(ByteBuffer.wrap(address).getInt());
      return new Network(0, low, IPV6_BITS - IPV4_BITS + bits, port);
    }
    ByteBuffer halves = ByteBuffer.wrap(address);
    return new Network(halves.getLong(), halves.getLong(), bits, port);
  }

  private static byte[] address(String text, String host) {
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      // ofLiteral reads 10.1 as 10.0.0.1, but 10.1 is more likely a slip.
      if (address instanceof Inet4Address && text.chars().filter(c -> c == '.').count() != 3) {
        throw refused(host);
      }
      return address.getAddress();
    } catch (IllegalArgumentException e) {
      throw refused(host);
    }
  }

  private static int number(String digits, int otherwise) {
    return digits == null || digits.isEmpty() ? otherwise : Integer.parseInt(digits);
  }

  private static IllegalArgumentException refused(String host) {
    return new IllegalArgumentException(RULE + "; '" + host + "' is none");
  }
}
