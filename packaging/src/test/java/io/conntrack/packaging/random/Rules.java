package io.conntrack.packaging.random;

import io.conntrack.testbed.Endpoint;
import java.util.List;

/** The rules files that a step changes between, and what each makes of a host. */
final class Rules {
  static final List<String> FILES =
      List.of(
          file("203.0.113.77", "{network: 203.0.113.78, action: keep}"),
          file("192.0.2.0/29, '2001:db8::/126'", "{network: 203.0.113.78, action: keep}"),
          file("203.0.113.77", "{network: 192.0.2.0/28, action: drop-port}"),
          file("203.0.113.77", "{direction: inbound, prefix: {ipv4: 24, ipv6: 64}}"));

  private static final List<Network> GROUP =
      List.of(Network.parse("192.0.2.0/29"), Network.parse("2001:db8::/126"));
  private static final Network WITHOUT_PORT = Network.parse("192.0.2.0/28");

  private Rules() {}

  /** All have the group: without it the counters of an empty one end. */
  private static String file(String group, String rule) {
    return "rules: [{network: [%s], group: group-web}, %s]\n".formatted(group, rule);
  }

  /** The label of a host under a version of the rules. */
  static String host(int version, String direction, Endpoint host) {
    String as = Series.host(host.address(), host.port());
    return switch (version) {
      case 1 -> GROUP.stream().anyMatch(each -> each.contains(host.address())) ? "group-web" : as;
      case 2 ->
          WITHOUT_PORT.contains(host.address())
              ? Series.host(host.address(), Endpoint.NO_PORT)
              : as;
      case 3 ->
          direction.equals("inbound")
              ? Network.label(host.address(), host.address().getAddress().length == 4 ? 24 : 64)
              : as;
      default -> as;
    };
  }

  /** The label of what was dialled: where the host has no port, this has none. */
  static String service(int version, Endpoint host, Endpoint service) {
    boolean portless = version == 2 && WITHOUT_PORT.contains(host.address());
    return Series.host(service.address(), portless ? Endpoint.NO_PORT : service.port());
  }

  /** Whether a label is of one host; groups and networks have no label for the service. */
  static boolean isSingle(String host) {
    return !host.startsWith("group-") && host.indexOf('/') < 0;
  }
}
