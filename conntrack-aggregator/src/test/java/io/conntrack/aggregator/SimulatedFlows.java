package io.conntrack.aggregator;

import static io.conntrack.aggregator.remote.IgnoredHosts.Network.ANY_PORT;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.NatView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A small world of tuples, so that random sequences meet the same ones again and again: outbound,
 * inbound, forwarded, behind NAT, in zones, without a state. Each tuple has variants that differ in
 * the reply tuple, as when it is reused and NAT chooses another server.
 */
final class SimulatedFlows {
  private static final int TCP = 6;

  /** SYN_SENT, SYN_RECV, CLOSE, SYN_SENT2. */
  private static final Set<Integer> UNPROVEN = Set.of(1, 2, 8, 9);

  private static final int ICMP = 1;
  private static final int UDP = 17;
  private static final int SCTP = 132;

  /** The host's addresses at different times. */
  static final List<Set<String>> ADDRESSES =
      List.of(
          Set.of("10.0.0.1", "2001:db8::10"),
          Set.of("10.0.0.1", "10.0.0.2", "2001:db8::10"),
          Set.of("10.0.0.2"));

  private record Variant(
      String source, String destination, String replySource, String replyDestination, Flow flow) {}

  private static final Map<Integer, String> NAMES =
      Map.of(6, "tcp", ICMP, "icmp", UDP, "udp", SCTP, "sctp");

  private static final List<List<Variant>> TUPLES = new ArrayList<>();

  static {
    for (int port = 1; port <= 3; port++) {
      add(6, 0, "10.0.0.1 " + port, "10.1.0.1 80", "10.1.0.1 80", "172.17.0.2 8080");
      add(6, 0, "10.9.0.1 " + port, "10.0.0.2 80", "10.0.0.2 80");
    }
    add(6, 0, "10.0.0.2 7", "10.1.0.2 80", "10.1.0.2 80");
    add(6, 5, "10.0.0.2 7", "10.1.0.2 80", "10.1.0.2 80");
    add(6, 0, "10.9.0.2 7", "192.0.2.1 80", "10.0.0.1 80", "10.0.0.2 80", "172.17.0.2 8080");
    add(6, 0, "10.9.0.2 8", "192.0.2.1 80", "172.17.0.2 8080", "172.17.0.3 8080");
    add(6, 0, "2001:db8::10 9", "2001:db8::1 443", "2001:db8::1 443");
    add(6, 0, "2001:db8::1 443", "2001:db8::10 9", "2001:db8::10 9");
    add(SCTP, 0, "10.0.0.1 1", "10.1.0.1 80", "10.1.0.1 80");
    add(ICMP, 0, "10.0.0.1 7", "10.1.0.1 2048", "10.1.0.1 0");
    add(ICMP, 0, "10.9.0.2 7", "10.0.0.1 2048", "10.0.0.1 0");
    add(UDP, 0, "10.0.0.1 1", "10.1.0.1 80", "10.1.0.1 80");
    add(UDP, 0, "2001:db8::10 9", "2001:db8::1 443", "2001:db8::1 443");
  }

  private SimulatedFlows() {}

  private static void add(
      int protocol, int zone, String source, String destination, String... replySources) {
    List<Variant> variants = new ArrayList<>();
    for (String replySource : replySources) {
      Flow flow = Flows.natted(source, destination, replySource, source, Flow.NO_STATE);
      flow.protocol = protocol;
      flow.zone = zone;
      variants.add(new Variant(source, destination, replySource, source, flow));
    }
    TUPLES.add(variants);
  }

  static int tuples() {
    return TUPLES.size();
  }

  static int variants(int tuple) {
    return TUPLES.get(tuple).size();
  }

  static boolean hasStates(int tuple) {
    return TUPLES.get(tuple).get(0).flow.protocol != UDP;
  }

  static boolean isIpv6(int tuple) {
    return TUPLES.get(tuple).get(0).flow.originalSourceHigh != 0;
  }

  /** The flow as a message tells it; the same object each time, filled in anew. */
  static Flow flow(int tuple, int variant, int tcpState) {
    Flow flow = TUPLES.get(tuple).get(variant).flow;
    flow.tcpState = tcpState;
    return flow;
  }

  /** The labels that flows have, by the rules and from the text. */
  record Labels(Set<String> local, EndpointOptions options, Ignored ignored) {
    Labels withLocal(Set<String> addresses) {
      return new Labels(addresses, options, ignored);
    }

    /** The remote endpoint's, with a space between their values, or null if it is ignored. */
    String of(SimulatedKernel.Tracked flow) {
      Variant ends = TUPLES.get(flow.tuple()).get(flow.variant());
      NatView nat = options.nat();
      boolean serverHere = local.contains(Flows.address(ends.replySource));
      if (local.contains(Flows.address(ends.source))) {
        boolean real = nat == NatView.REAL || nat == NatView.BOTH;
        return server("outbound", ends, real ? ends.replySource : ends.destination);
      } else if (local.contains(Flows.address(ends.destination))
          && (nat == NatView.DEFAULT || serverHere)) {
        return unlessIgnored("inbound", ends, ends.source, options.clientPorts());
      } else if (serverHere) {
        return unlessIgnored("inbound", ends, ends.replyDestination, options.clientPorts());
      }
      boolean dialled = nat == NatView.SERVICE;
      return server("forwarded", ends, dialled ? ends.destination : ends.replySource);
    }

    /**
     * Whether a flow in this state shows nothing yet of its client, if it is one of this host's.
     */
    boolean isUnproven(SimulatedKernel.Tracked flow, int tcpState) {
      Variant ends = TUPLES.get(flow.tuple()).get(flow.variant());
      int protocol = ends.flow.protocol;
      boolean serverHere = local.contains(Flows.address(ends.replySource));
      boolean dialledHere = local.contains(Flows.address(ends.destination));
      boolean inbound =
          !local.contains(Flows.address(ends.source))
              && (serverHere || (dialledHere && options.nat() == NatView.DEFAULT));
      return inbound && (protocol == TCP || protocol == SCTP) && UNPROVEN.contains(tcpState);
    }

    /** The source's, or null if the remote endpoint is ignored. */
    String ofSource(SimulatedKernel.Tracked flow) {
      Variant ends = TUPLES.get(flow.tuple()).get(flow.variant());
      if (of(flow) == null) {
        return null;
      }
      boolean serverHere = local.contains(Flows.address(ends.replySource));
      boolean dialledHere = local.contains(Flows.address(ends.destination));
      String direction =
          serverHere || (dialledHere && options.nat() == NatView.DEFAULT) ? "inbound" : "forwarded";
      direction = isSelf(ends) ? "outbound" : direction;
      return (options.zone() ? ends.flow.zone + " " : "")
          + (options.direction() ? direction + " " : "")
          + (options.protocol() ? NAMES.get(ends.flow.protocol) + " " : "")
          + (isSelf(ends) ? "self" : Flows.address(ends.source));
    }

    private boolean isSelf(Variant ends) {
      return local.contains(Flows.address(ends.source));
    }

    /** Whether a flow in this state shows nothing yet of its source. */
    boolean isSourceUnproven(SimulatedKernel.Tracked flow, int tcpState) {
      Variant ends = TUPLES.get(flow.tuple()).get(flow.variant());
      int protocol = ends.flow.protocol;
      return !isSelf(ends) && (protocol == TCP || protocol == SCTP) && UNPROVEN.contains(tcpState);
    }

    private String server(String direction, Variant ends, String host) {
      String labels = unlessIgnored(direction, ends, host, true);
      return labels == null || options.nat() != NatView.BOTH
          ? labels
          : labels + " " + label(ends.destination, ends.flow.protocol != ICMP);
    }

    private String unlessIgnored(
        String direction, Variant ends, String endpoint, boolean withPort) {
      if (ignored.remotes.contains(endpoint)) {
        return null;
      }
      int protocol = ends.flow.protocol;
      return (options.zone() ? ends.flow.zone + " " : "")
          + (options.direction() ? direction + " " : "")
          + label(endpoint, withPort && protocol != ICMP)
          + (options.protocol() ? " " + NAMES.get(protocol) : "");
    }
  }

  /** Hosts to ignore, and which remote ends those are. */
  record Ignored(IgnoredHosts hosts, Set<String> remotes) {}

  static final List<Ignored> IGNORED =
      List.of(
          new Ignored(IgnoredHosts.NONE, Set.of()),
          new Ignored(network("10.1.0.0", 96 + 16, 80), Set.of("10.1.0.1 80", "10.1.0.2 80")),
          new Ignored(network("10.9.0.2", 128, ANY_PORT), Set.of("10.9.0.2 7", "10.9.0.2 8")),
          new Ignored(network("2001:db8::", 120, 443), Set.of("2001:db8::1 443")));

  private static IgnoredHosts network(String address, int prefixBits, int port) {
    return new IgnoredHosts(
        List.of(new Network(Flows.high(address), Flows.low(address), prefixBits, port)));
  }

  private static String label(String endpoint, boolean withPort) {
    String address = Flows.address(endpoint);
    String bracketed = address.contains(":") ? "[" + address + "]" : address;
    return withPort ? bracketed + ":" + Flows.port(endpoint) : address;
  }
}
