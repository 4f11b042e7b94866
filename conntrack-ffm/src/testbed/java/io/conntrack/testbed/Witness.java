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

  /** Connections of TCP by endpoint; without endpoints that have none. */
  public Map<Endpoint, Connections> expected(ConntrackTable table) {
    return expected(table, Set.of(Tuple.TCP));
  }

  /** The same of other protocols too; of those without states a flow is open once answered. */
  public Map<Endpoint, Connections> expected(ConntrackTable table, Set<Integer> protocols) {
    Map<Endpoint, Connections> connections = new HashMap<>();
    table.entries().stream()
        .filter(entry -> protocols.contains(entry.original().protocol()))
        .filter(entry -> !entry.state().equals("NONE"))
        .forEach(entry -> connections.merge(remote(entry), in(entry), Connections::plus));
    return connections;
  }

  private static Connections in(ConntrackEntry entry) {
    if (entry.original().protocol() == Tuple.TCP) {
      return Connections.in(TcpState.valueOf(entry.state()));
    }
    return entry.isFlagged("UNREPLIED") ? new Connections(1, 0, 0, 0) : new Connections(0, 1, 0, 0);
  }

  /** Of a client only the address counts. */
  private Endpoint remote(ConntrackEntry entry) {
    Tuple original = entry.original();
    Tuple reply = entry.reply();
    if (local.contains(original.source())) {
      return new Endpoint(original.destination(), port(original, original.destinationPort()));
    }
    if (local.contains(original.destination())) {
      return new Endpoint(original.source(), Endpoint.NO_PORT);
    }
    if (local.contains(reply.source())) {
      return new Endpoint(reply.destination(), Endpoint.NO_PORT);
    }
    return new Endpoint(reply.source(), port(reply, reply.sourcePort()));
  }

  private static int port(Tuple tuple, int port) {
    boolean icmp = tuple.protocol() == Tuple.ICMP || tuple.protocol() == Tuple.ICMPV6;
    return icmp ? Endpoint.NO_PORT : port;
  }
}
