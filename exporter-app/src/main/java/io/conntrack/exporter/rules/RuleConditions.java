package io.conntrack.exporter.rules;

import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.YamlNode;
import io.conntrack.exporter.files.YamlNode.Items;
import io.conntrack.exporter.files.YamlNode.Text;
import io.conntrack.exporter.terms.HostPattern;
import io.conntrack.exporter.terms.IpProtocol;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads the conditions of a rule. Each is a value, or a list of values of which one has to hold.
 */
final class RuleConditions {
  private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(-(\\d{1,5}))?");
  private static final int MAX_PORT = 65535;

  private static final Map<String, Direction> DIRECTIONS =
      Arrays.stream(Direction.values())
          .collect(Collectors.toMap(direction -> direction.label, Function.identity()));

  /** With that of IPv6 where it is another. */
  private static final Map<String, List<Integer>> PROTOCOLS =
      Map.of(
          "tcp", List.of(IpProtocol.TCP),
          "udp", List.of(IpProtocol.UDP),
          "sctp", List.of(IpProtocol.SCTP),
          "icmp", List.of(IpProtocol.ICMP, IpProtocol.ICMPV6));

  private static final List<String> WITH_PORTS = List.of("sctp", "tcp", "udp");

  private RuleConditions() {}

  /** Addresses and networks, none of them within another. */
  static List<Network> networks(YamlNode value) throws FileException {
    List<Network> networks = new ArrayList<>();
    for (Text text : texts("network", value)) {
      Network network = network(text);
      for (Network other : networks) {
        if (other.contains(network) || network.contains(other)) {
          throw text.wrong(text.kind() + overlaps(label(other)));
        }
      }
      networks.add(network);
    }
    return networks;
  }

  private static Network network(Text text) throws FileException {
    Network network;
    try {
      network = HostPattern.network(text.value());
    } catch (IllegalArgumentException e) {
      network = null;
    }
    if (network == null || network.port() != Network.ANY_PORT || text.value().startsWith("[")) {
      throw text.wrong(
          text.kind()
              + " is no network; write an address or a network such as 10.0.1.5, 10.1.0.0/16 or"
              + " 2001:db8::/32, and ports under port");
    }
    Network masked = network.masked();
    if (!network.equals(masked)) {
      throw text.wrong(
          text.kind() + " has bits behind its length; write " + label(masked) + " or the address");
    }
    return network;
  }

  /** As an operator writes it. */
  static String label(Network network) {
    return EndpointLabel.of(network.high(), network.low(), EndpointLabel.NO_PORT)
        + "/"
        + bits(network);
  }

  /** Its length as it is written, of 32 or 128. */
  static int bits(Network network) {
    return network.isIpv4() ? network.prefixBits() - 96 : network.prefixBits();
  }

  /** Ports and ranges of ports. No two of them overlap. */
  static List<PortRange> ports(YamlNode value) throws FileException {
    List<PortRange> ports = new ArrayList<>();
    for (Text text : texts("port", value)) {
      PortRange range = range(text);
      for (PortRange other : ports) {
        if (range.first() <= other.last() && range.last() >= other.first()) {
          throw text.wrong(text.kind() + overlaps(label(other)));
        }
      }
      ports.add(range);
    }
    return ports;
  }

  private static PortRange range(Text text) throws FileException {
    Matcher matcher = PORTS.matcher(text.value());
    int first = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    int last = first != 0 && matcher.group(3) != null ? Integer.parseInt(matcher.group(3)) : first;
    if (first < 1 || first > MAX_PORT || last < 1 || last > MAX_PORT) {
      throw text.wrong(
          text.kind()
              + " is no port; write a number from 1 to 65535, a range such as 8000-8999, or a"
              + " list");
    }
    if (first > last) {
      throw text.wrong(text.kind() + " ends before it begins; write " + last + "-" + first);
    }
    return new PortRange(first, last);
  }

  private static String label(PortRange range) {
    return range.first() == range.last() ? "" + range.first() : range.first() + "-" + range.last();
  }

  private static String overlaps(String other) {
    return " overlaps " + other + " before it; leave one of them out";
  }

  static Set<Direction> directions(YamlNode value) throws FileException {
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    for (Text text : texts("direction", value)) {
      Direction direction = DIRECTIONS.get(text.value());
      if (direction == null) {
        throw text.wrong(text.kind() + " is no direction; write outbound, inbound or forwarded");
      }
      if (!directions.add(direction)) {
        throw text.wrong(text.kind() + " comes twice; leave one of them out");
      }
    }
    return directions;
  }

  /**
   * The names of protocols. Without a condition the set is empty, which means all protocols. But
   * with a condition on ports it has the protocols with ports.
   *
   * @param value null if there is no condition
   */
  static Set<String> protocols(YamlNode value, boolean ports) throws FileException {
    Set<String> names = new TreeSet<>();
    if (value == null) {
      names.addAll(ports ? WITH_PORTS : List.of());
      return names;
    }
    for (Text text : texts("protocol", value)) {
      if (!PROTOCOLS.containsKey(text.value())) {
        throw text.wrong(text.kind() + " is no protocol; write tcp, udp, sctp or icmp");
      }
      if (ports && !WITH_PORTS.contains(text.value())) {
        throw text.wrong(text.kind() + " has no ports; leave it out, or port");
      }
      if (!names.add(text.value())) {
        throw text.wrong(text.kind() + " comes twice; leave one of them out");
      }
    }
    return names;
  }

  /** The IP protocol numbers of such names. */
  static List<Integer> numbers(Set<String> protocols) {
    return protocols.stream().flatMap(name -> PROTOCOLS.get(name).stream()).toList();
  }

  private static List<Text> texts(String key, YamlNode value) throws FileException {
    if (value instanceof Text text && !text.isNothing()) {
      return List.of(text);
    }
    if (!(value instanceof Items list) || list.items().isEmpty()) {
      String found = value instanceof Items ? "an empty list" : value.kind();
      throw value.wrong(
          key
              + " must be a value or a list of some, not "
              + found
              + "; without "
              + key
              + " the rule holds for any");
    }
    List<Text> texts = new ArrayList<>();
    for (YamlNode item : list.items()) {
      if (!(item instanceof Text text) || text.isNothing()) {
        throw item.wrong(key + " must be a list of single values, and this one is " + item.kind());
      }
      texts.add(text);
    }
    return texts;
  }
}
