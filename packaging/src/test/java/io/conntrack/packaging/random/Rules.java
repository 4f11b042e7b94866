package io.conntrack.packaging.random;

import io.conntrack.testbed.Endpoint;
import java.util.List;

/** The rules files that a step changes between, and what each makes of a host. */
final class Rules {
  static final List<String> FILES =
      List.of(
          "rules: [{network: 203.0.113.77, action: keep}]\n",
          "rules: [{network: [192.0.2.0/29, '2001:db8::/126'], group: group-web}]\n",
          "rules: [{network: 192.0.2.0/28, action: drop-port}]\n",
          "rules: [{direction: inbound, prefix: {ipv4: 24, ipv6: 64}}]\n");

  private static final List<Network> GROUP =
      List.of(Network.parse("192.0.2.0/29"), Network.parse("2001:db8::/126"));
  private static final Network WITHOUT_PORT = Network.parse("192.0.2.0/28");

  private Rules() {}

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

  /** Whether a label is of one host; groups and networks have no label for the service. */
  static boolean isSingle(String host) {
    return !host.startsWith("group-") && host.indexOf('/') < 0;
  }
}
