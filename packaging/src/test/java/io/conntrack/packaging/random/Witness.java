package io.conntrack.packaging.random;

import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackEntry;
import io.conntrack.testbed.Endpoint;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a flow is counted, by the documents and by what {@code ip route} says of the host now.
 * Shares nothing with the product.
 */
final class Witness {
  private static final String LOCAL =
      """
      for type in local broadcast anycast; do
        ip -o route show table all type $type
        ip -o -6 route show table all type $type
      done | awk '{ print $2 }'
      """;

  private final Setup setup;
  private final String netns;
  private final int rules;
  private final List<Network> local = new ArrayList<>();

  private Witness(Setup setup, String netns, int rules) {
    this.setup = setup;
    this.netns = netns;
    this.rules = rules;
  }

  /** Knows the routes that the host has now. {@code rules}: the version that is in force. */
  static Witness of(Namespace host, Setup setup, String netns, int rules) {
    Witness witness = new Witness(setup, netns, rules);
    host.sh(LOCAL).lines().map(Network::parse).forEach(witness.local::add);
    return witness;
  }

  private boolean isLocal(InetAddress address) {
    return local.stream().anyMatch(network -> network.contains(address));
  }

  /** The far end of a flow. {@code service} is null where there is none. */
  private record Far(String direction, Endpoint host, Endpoint service) {}

  private static Endpoint destination(Tuple tuple) {
    return new Endpoint(tuple.destination(), hasPorts(tuple) ? tuple.destinationPort() : -1);
  }

  private static Endpoint source(Tuple tuple) {
    return new Endpoint(tuple.source(), hasPorts(tuple) ? tuple.sourcePort() : -1);
  }

  private static boolean hasPorts(Tuple tuple) {
    return tuple.protocol() == Tuple.TCP || tuple.protocol() == Tuple.UDP;
  }

  private Far far(Tuple original, Tuple reply) {
    boolean usual = setup.nat().equals("default");
    if (isLocal(original.source())) {
      return server("outbound", original, reply, usual || setup.nat().equals("service"));
    }
    if (isLocal(original.destination()) && (usual || isLocal(reply.source()))) {
      return client(source(original));
    }
    if (isLocal(reply.source())) {
      return client(destination(reply));
    }
    return server("forwarded", original, reply, setup.nat().equals("service"));
  }

  private Far client(Endpoint end) {
    int port = setup.clientPorts() ? end.port() : Endpoint.NO_PORT;
    return new Far("inbound", new Endpoint(end.address(), port), null);
  }

  private Far server(String direction, Tuple original, Tuple reply, boolean dialled) {
    Endpoint service = setup.nat().equals("both") ? destination(original) : null;
    return new Far(direction, dialled ? destination(original) : source(reply), service);
  }

  /** Where the flow is counted; nowhere if its protocol is not, or its host is ignored. */
  Optional<Series> series(Tuple original, Tuple reply, int zone) {
    if (!setup.counts(original.protocol())) {
      return Optional.empty();
    }
    Far far = far(original, reply);
    if (setup.ignoring() && Network.parse(Setup.IGNORED).contains(far.host.address())) {
      return Optional.empty();
    }
    String host = Rules.host(rules, far.direction, far.host);
    boolean whole = far.service != null && Rules.isSingle(host);
    return Optional.of(
        new Series(
            host,
            whole ? Series.host(far.service.address(), far.service.port()) : "",
            setup.protocols().size() > 1 ? Setup.nameOf(original.protocol()) : "",
            setup.directions() ? far.direction : "",
            setup.zones() ? Integer.toString(zone) : "",
            netns));
  }

  Optional<Series> series(SyntheticFlow flow) {
    return series(flow.original(), flow.reply(), zoneOf(flow));
  }

  Optional<Series> series(ConntrackEntry entry) {
    return series(entry.original(), entry.reply(), entry.originalZone());
  }

  /** Whether the flow is of a client of this host, which has no series before it opens one. */
  boolean isOfClient(SyntheticFlow flow) {
    return flow.original().protocol() == Tuple.TCP
        && far(flow.original(), flow.reply()).direction.equals("inbound");
  }

  static int zoneOf(SyntheticFlow flow) {
    return flow.zoneDirection() == SyntheticFlow.ZoneDirection.REPLY ? 0 : flow.zone();
  }

  /** What an entry adds to the gauges of its series. */
  static Connections gauges(ConntrackEntry entry) {
    if (entry.original().protocol() != Tuple.TCP) {
      return entry.isFlagged("UNREPLIED")
          ? new Connections(1, 0, 0, 0)
          : new Connections(0, 1, 0, 0);
    }
    return switch (entry.state()) {
      case "SYN_SENT", "SYN_SENT2", "SYN_RECV" -> new Connections(1, 0, 0, 0);
      case "ESTABLISHED" -> new Connections(0, 1, 0, 0);
      case "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT" -> new Connections(0, 0, 1, 0);
      case "CLOSE" -> new Connections(0, 0, 0, 1);
      default -> Connections.NO;
    };
  }
}
