package io.conntrack.testbed;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the gauges should say, worked out from {@code conntrack -L} by code that shares nothing with
 * the product.
 *
 * @param local the host's own addresses
 */
public record Witness(Set<InetAddress> local) {
  /** Knows the addresses that the host has now, by {@code ip addr}. */
  public static Witness of(Namespace host) {
    String addresses = host.sh("ip -o addr | awk '{ sub(\"/.*\", \"\", $4); print $4 }'");
    return new Witness(
        addresses.lines().map(InetAddress::ofLiteral).collect(Collectors.toUnmodifiableSet()));
  }

  /** Connections by endpoint; without endpoints that have none. */
  public Map<Endpoint, Connections> expected(ConntrackTable table) {
    Map<Endpoint, Connections> connections = new HashMap<>();
    table
        .tcp()
        .filter(entry -> !entry.state().equals("NONE"))
        .forEach(entry ->
            connections.merge(
                remote(entry), Connections.in(TcpState.valueOf(entry.state())), Connections::plus));
    return connections;
  }

  /** Of a client only the address counts. */
  private Endpoint remote(ConntrackEntry entry) {
    Tuple original = entry.original();
    Tuple reply = entry.reply();
    if (local.contains(original.source())) {
      return new Endpoint(original.destination(), original.destinationPort());
    }
    if (local.contains(original.destination())) {
      return new Endpoint(original.source(), Endpoint.NO_PORT);
    }
    if (local.contains(reply.source())) {
      return new Endpoint(reply.destination(), Endpoint.NO_PORT);
    }
    return new Endpoint(reply.source(), reply.sourcePort());
  }
}
