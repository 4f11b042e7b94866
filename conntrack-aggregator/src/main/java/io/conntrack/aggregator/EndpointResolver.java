package io.conntrack.aggregator;

import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.FlowPath;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.state.ConnectionState;

/**
 * Finds the endpoint at which a flow is counted. It is the flow's {@link RemoteEnd}, with or
 * without the port, or what the rules make of it.
 *
 * <p>The client's port of an inbound flow is ephemeral, and would make a series of every
 * connection. So it is left out unless asked for. Belongs to the reader.
 */
final class EndpointResolver {
  private static final int TCP = 6;
  private static final int SCTP = 132;

  private final EndpointTable endpoints;
  private final IgnoredHosts ignored;
  private final EndpointOptions options;

  // Copied from the options once, because every message asks for them.
  private final boolean clientPorts;
  private final boolean detailed;
  private final NatView nat;
  private final RemoteEnd ofOutbound;
  private final RemoteEnd ofForwarded;

  private final EndpointKey key = new EndpointKey();

  /** Of the flow that is resolved. */
  private boolean unproven;

  private LocalAddresses local = LocalAddresses.of();
  private ServicePorts ports = ServicePorts.NONE;
  private EndpointRules rules = EndpointRules.NONE;

  EndpointResolver(EndpointTable endpoints, IgnoredHosts ignored, EndpointOptions options) {
    this.endpoints = endpoints;
    this.ignored = ignored;
    this.options = options;
    this.clientPorts = options.clientPorts();
    this.detailed = options.direction() || options.protocol() || options.zone();
    this.nat = options.nat();
    this.ofOutbound = nat.ofOutbound();
    this.ofForwarded = nat.ofForwarded();
  }

  void localAddresses(LocalAddresses addresses) {
    local = addresses;
  }

  void servicePorts(ServicePorts others) {
    ports = others;
  }

  void rules(EndpointRules others) {
    rules = others;
  }

  RemoteEnd remoteEnd(Flow flow) {
    return remoteEnd(path(flow));
  }

  FlowPath path(Flow flow) {
    return FlowPath.of(flow, local, ports, nat);
  }

  private RemoteEnd remoteEnd(FlowPath path) {
    return switch (path) {
      case OUTBOUND -> ofOutbound;
      case INBOUND, OUTBOUND_REVERSED -> RemoteEnd.ORIGINAL_SOURCE;
      case INBOUND_REVERSED -> RemoteEnd.ORIGINAL_DESTINATION;
      case INBOUND_BY_NAT -> RemoteEnd.REPLY_DESTINATION;
      case FORWARDED -> ofForwarded;
    };
  }

  boolean isIgnored(Flow flow) {
    FlowPath path = path(flow);
    RemoteEnd end = remoteEnd(path);
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    return ignored.contain(high, low, port(end, flow))
        || (!rules.isEmpty() && action(flow, path, end) == RuleAction.Plain.IGNORE);
  }

  /**
   * The number of the endpoint of a flow in a state, or {@link FlowEntry#IGNORED}. A new endpoint
   * is admitted. {@code likely} is a guess: any endpoint's number, or none.
   */
  int resolve(Flow flow, int tcpState, int likely) {
    unproven = isUnproven(flow, tcpState);
    FlowPath path = path(flow);
    RemoteEnd end = remoteEnd(path);
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    if (ignored.contain(high, low, port(end, flow))) {
      return FlowEntry.IGNORED;
    }
    int labelPort = labelPort(flow, path, end);
    return rules.isEmpty()
        ? endpoint(flow, path, high, low, labelPort, likely)
        : ruled(flow, path, end, labelPort, likely);
  }

  /**
   * The place where the flow's endpoint is likely to be found, or {@link EndpointStore#NO_PLACE}.
   */
  long likelyPlace(Flow flow) {
    if (!rules.isEmpty()) {
      return EndpointStore.NO_PLACE;
    }
    FlowPath path = path(flow);
    RemoteEnd end = remoteEnd(path);
    setKey(flow, path, end.addressHigh(flow), end.addressLow(flow), labelPort(flow, path, end));
    return endpoints.likelyPlace(key);
  }

  private int labelPort(Flow flow, FlowPath path, RemoteEnd end) {
    return path.isFromClient() && !clientPorts ? EndpointLabel.NO_PORT : port(end, flow);
  }

  /** ICMP has none: in its place is what tells its flows apart. */
  private static int port(RemoteEnd end, Flow flow) {
    return isIcmp(flow) ? EndpointLabel.NO_PORT : end.port(flow);
  }

  private static boolean isIcmp(Flow flow) {
    return flow.protocol == EndpointKey.ICMP || flow.protocol == EndpointKey.ICMPV6;
  }

  private int endpoint(Flow flow, FlowPath path, long high, long low, int port, int likely) {
    setKey(flow, path, high, low, port);
    if (endpoints.has(likely, key)) {
      return likely;
    }
    return path.isFromClient() && unproven
        ? endpoints.admitUnproven(key)
        : endpoints.admit(key, path.isFromClient());
  }

  /**
   * Whether nothing proves yet that the client exists and that its address is not forged. Flows of
   * protocols without states need no proof: one datagram may be all that they have, as with syslog.
   */
  private static boolean isUnproven(Flow flow, int tcpState) {
    boolean hasStates = flow.protocol == TCP || flow.protocol == SCTP;
    return hasStates
        && (ConnectionState.ofTcp(tcpState) == ConnectionState.OPENING
            || tcpState == OutcomeCounter.CLOSE);
  }

  private void setKey(Flow flow, FlowPath path, long high, long low, int port) {
    key.set(high, low, detailed ? details(flow, path, port) : EndpointKey.ofPort(port));
    if (nat == NatView.BOTH) {
      setService(flow, path, port);
    }
  }

  private long details(Flow flow, FlowPath path, int port) {
    long details = EndpointKey.ofPort(port);
    if (options.direction()) {
      details |= EndpointKey.ofDirection(path.direction);
    }
    if (options.protocol()) {
      boolean group = port == EndpointLabel.GROUP;
      details |= EndpointKey.ofProtocol(group ? EndpointKey.ofGroup(flow.protocol) : flow.protocol);
    }
    if (options.zone()) {
      details |= EndpointKey.ofZone(flow.zone);
    }
    return details;
  }

  /**
   * The address that a client of this host dialled is this host's own, not a service. Groups and
   * networks have no service either.
   */
  private void setService(Flow flow, FlowPath path, int port) {
    if (path.isFromClient() || port < EndpointLabel.NO_PORT) {
      key.setService(0, 0, 0);
    } else {
      int servicePort = port == EndpointLabel.NO_PORT ? 0 : flow.originalDestinationPort;
      key.setService(flow.originalDestinationHigh, flow.originalDestinationLow, servicePort);
    }
  }

  private RuleAction action(Flow flow, FlowPath path, RemoteEnd end) {
    int port = path.isReversed() ? flow.originalSourcePort : end.servicePort(flow);
    port = isIcmp(flow) ? EndpointLabel.NO_PORT : port;
    return rules.action(
        end.addressHigh(flow), end.addressLow(flow), path.direction, port, flow.protocol);
  }

  private int ruled(Flow flow, FlowPath path, RemoteEnd end, int port, int likely) {
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    return switch (action(flow, path, end)) {
      case RuleAction.Plain.KEEP -> endpoint(flow, path, high, low, port, likely);
      case RuleAction.Plain.DROP_PORT ->
          endpoint(flow, path, high, low, EndpointLabel.NO_PORT, likely);
      case RuleAction.Plain.IGNORE -> FlowEntry.IGNORED;
      case RuleAction.Group group -> {
        key.set(group.keyHigh(), group.keyLow(), details(flow, path, EndpointLabel.GROUP));
        key.setService(0, 0, 0);
        yield endpoints.has(likely, key) ? likely : endpoints.admit(key, group.name());
      }
      case RuleAction.Prefix prefix -> {
        int bits = prefix.bits(high, low);
        long networkHigh = high & Network.mask(bits);
        long networkLow = low & Network.mask(bits - Long.SIZE);
        yield endpoint(flow, path, networkHigh, networkLow, EndpointLabel.network(bits), likely);
      }
    };
  }
}
