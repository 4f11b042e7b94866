package io.conntrack.aggregator;

/**
 * Finds the endpoint that a flow is counted at: its {@link RemoteEnd}, with or without the port.
 *
 * <p>The port of an inbound flow's client is ephemeral and would make a series of every connection,
 * so it is left out unless asked for. Belongs to the reader.
 */
final class EndpointResolver {
  static final int ICMP = 1;
  static final int ICMPV6 = 58;

  private final EndpointTable endpoints;
  private final IgnoredHosts ignored;
  private final EndpointOptions options;
  private final EndpointKey key = new EndpointKey();
  private LocalAddresses local = LocalAddresses.of();

  EndpointResolver(EndpointTable endpoints, IgnoredHosts ignored, EndpointOptions options) {
    this.endpoints = endpoints;
    this.ignored = ignored;
    this.options = options;
  }

  void localAddresses(LocalAddresses addresses) {
    local = addresses;
  }

  RemoteEnd remoteEnd(Flow flow) {
    return path(flow).remoteEnd(options.nat());
  }

  private FlowPath path(Flow flow) {
    return FlowPath.of(flow, local, options.nat());
  }

  boolean isIgnored(Flow flow) {
    RemoteEnd end = remoteEnd(flow);
    return ignored.contain(end.addressHigh(flow), end.addressLow(flow), port(end, flow));
  }

  /**
   * The number of the flow's remote endpoint, which is admitted if it is new, or {@link
   * FlowEntry#IGNORED}. Usually it is {@code likely}, an endpoint that has connections, or none.
   */
  int resolve(Flow flow, int likely) {
    FlowPath path = path(flow);
    RemoteEnd end = path.remoteEnd(options.nat());
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    int port = port(end, flow);
    if (ignored.contain(high, low, port)) {
      return FlowEntry.IGNORED;
    }
    key.set(high, low, details(flow, path, port));
    if (options.nat() == NatView.BOTH) {
      setService(flow, path, port);
    }
    return endpoints.has(likely, key) ? likely : endpoints.admit(key, path.isFromClient());
  }

  /** ICMP has none: in its place is what tells its flows apart. */
  private static int port(RemoteEnd end, Flow flow) {
    boolean icmp = flow.protocol == ICMP || flow.protocol == ICMPV6;
    return icmp ? EndpointLabel.NO_PORT : end.port(flow);
  }

  private long details(Flow flow, FlowPath path, int port) {
    int labelPort = path.isFromClient() && !options.clientPorts() ? EndpointLabel.NO_PORT : port;
    long details = EndpointKey.ofPort(labelPort);
    if (options.direction()) {
      details |= EndpointKey.ofDirection(path.direction);
    }
    if (options.protocol()) {
      details |= EndpointKey.ofProtocol(flow.protocol);
    }
    if (options.zone()) {
      details |= EndpointKey.ofZone(flow.zone);
    }
    return details;
  }

  /** What a client of this host dialled is this host's own, and no service. */
  private void setService(Flow flow, FlowPath path, int port) {
    if (path.isFromClient()) {
      key.setService(0, 0, 0);
    } else {
      int servicePort = port == EndpointLabel.NO_PORT ? 0 : flow.originalDestinationPort;
      key.setService(flow.originalDestinationHigh, flow.originalDestinationLow, servicePort);
    }
  }
}
