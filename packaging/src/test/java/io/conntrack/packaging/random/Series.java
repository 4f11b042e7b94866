package io.conntrack.packaging.random;

import io.conntrack.testbed.Endpoint;
import java.net.InetAddress;
import java.util.Map;

/**
 * The labels of an endpoint, whose addresses are written as Java does; a label that does not apply
 * is empty.
 */
record Series(
    String host, String service, String protocol, String direction, String zone, String netns) {
  static final String OTHER = "other";

  static Series ofLabels(Map<String, String> labels) {
    return new Series(
        canonical(labels.get("host")),
        canonical(labels.getOrDefault("service", "")),
        labels.getOrDefault("protocol", ""),
        labels.getOrDefault("direction", ""),
        labels.getOrDefault("ct_zone", ""),
        labels.getOrDefault("netns", ""));
  }

  static Series other(String netns) {
    return new Series(OTHER, "", "", "", "", netns);
  }

  boolean isOther() {
    return host.equals(OTHER);
  }

  static String host(InetAddress address, int port) {
    String written = address.getHostAddress();
    return port == Endpoint.NO_PORT ? written : "[" + written + "]:" + port;
  }

  /** A name and a network stay as they are. */
  private static String canonical(String host) {
    if (host.isEmpty() || host.equals(OTHER) || host.startsWith("group-")) {
      return host;
    }
    int slash = host.indexOf('/');
    if (slash >= 0) {
      return canonical(host.substring(0, slash)) + host.substring(slash);
    }
    Endpoint endpoint = Endpoint.ofLabel(host);
    return host(endpoint.address(), endpoint.port());
  }

  @Override
  public String toString() {
    return String.join(" ", host, service, protocol, direction, zone, netns).strip();
  }
}
