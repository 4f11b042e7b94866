package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Entries;
import io.conntrack.exporter.files.YamlNode.Entry;
import io.conntrack.exporter.files.YamlNode.Text;
import java.util.List;

/**
 * The length of the networks that endpoints are shown by. It is {@code 24} if the rule's own
 * networks tell the family, else {@code {ipv4: 24, ipv6: 64}}.
 */
final class PrefixLength {
  private static final int MAX_IPV4 = 31;
  private static final int MAX_IPV6 = 127;

  private PrefixLength() {}

  /**
   * Reads it.
   *
   * @param networks of the rule; none is every address of both families
   * @param addresses the action that shows addresses
   */
  static RuleAction of(YamlNode value, List<Network> networks, String addresses)
      throws FileException {
    boolean ipv4 = networks.isEmpty() || networks.stream().anyMatch(Network::isIpv4);
    boolean ipv6 = networks.isEmpty() || !networks.stream().allMatch(Network::isIpv4);
    if (value instanceof Entries entries) {
      return of(entries, ipv4, ipv6, networks, addresses);
    }
    if (ipv4 && ipv6) {
      throw value.wrong(
          "prefix must have a length for each family, such as {ipv4: 24, ipv6: 64}, since the rule"
              + " matches both");
    }
    return ipv4
        ? new RuleAction.Prefix(bits(value, true, networks, addresses), 0)
        : new RuleAction.Prefix(0, bits(value, false, networks, addresses));
  }

  private static RuleAction of(
      Entries entries, boolean ipv4, boolean ipv6, List<Network> networks, String addresses)
      throws FileException {
    int ipv4Bits = 0;
    int ipv6Bits = 0;
    for (Entry entry : entries.entries()) {
      switch (entry.key().value()) {
        case "ipv4" -> ipv4Bits = bits(entry.value(), true, networks, addresses);
        case "ipv6" -> ipv6Bits = bits(entry.value(), false, networks, addresses);
        default ->
            throw entry
                .key()
                .wrong("unknown key " + entry.key().kind() + "; prefix has ipv4 and ipv6");
      }
    }
    if ((ipv4 && ipv4Bits == 0) || (ipv6 && ipv6Bits == 0)) {
      throw entries.wrong(
          "prefix has no length for "
              + (ipv4 && ipv4Bits == 0 ? "ipv4" : "ipv6")
              + ", which the rule matches too; give one, or the rule networks of one family");
    }
    return new RuleAction.Prefix(ipv4Bits, ipv6Bits);
  }

  private static int bits(YamlNode value, boolean ipv4, List<Network> networks, String addresses)
      throws FileException {
    int most = ipv4 ? MAX_IPV4 : MAX_IPV6;
    int bits =
        value instanceof Text text && text.value().matches("\\d{1,3}")
            ? Integer.parseInt(text.value())
            : 0;
    if (bits < 1 || bits > most) {
      throw value.wrong(
          (ipv4 ? "an IPv4" : "an IPv6")
              + " prefix must be a number from 1 to "
              + most
              + ", not "
              + value.kind()
              + "; 'action: "
              + addresses
              + "' shows addresses, 'group' all as one");
    }
    for (Network network : networks) {
      if (network.isIpv4() == ipv4 && RuleConditions.bits(network) > bits) {
        throw value.wrong(
            "prefix "
                + bits
                + " would show networks that are larger than "
                + RuleConditions.label(network)
                + ", which is all that the rule has of them; use a longer one, or group");
      }
    }
    return bits;
  }
}
