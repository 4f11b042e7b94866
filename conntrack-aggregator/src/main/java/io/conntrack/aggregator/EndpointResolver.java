package io.conntrack.aggregator;

/**
 * Finds the endpoint that a flow is counted at: its {@link RemoteEnd}, with or without the port.
 *
 * <p>The port of an inbound flow's client is ephemeral and would make a series of every connection,
 * so it is left out unless asked for. Belongs to the reader.
 */
final class EndpointResolver {
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
    return RemoteEnd.of(flow, local);
  }

  boolean isIgnored(Flow flow) {
    RemoteEnd end = remoteEnd(flow);
    return ignored.contain(end.addressHigh(flow), end.addressLow(flow), end.port(flow));
  }

  /**
   * The number of the flow's remote endpoint, which is admitted if it is new, or {@link
   * FlowEntry#IGNORED}. Usually it is {@code likely}, an endpoint that has connections, or none.
   */
  int resolve(Flow flow, int likely) {
    RemoteEnd end = remoteEnd(flow);
    long high = end.addressHigh(flow);
    long low = end.addressLow(flow);
    int port = end.port(flow);
    if (ignored.contain(high, low, port)) {
      return FlowEntry.IGNORED;
    }
    key.set(high, low, details(end, port));
    return endpoints.has(likely, key) ? likely : endpoints.admit(key, end.isClient());
  }

  private int details(RemoteEnd end, int port) {
    int labelPort = end.isClient() && !options.clientPorts() ? EndpointLabel.NO_PORT : port;
    return options.direction()
        ? EndpointKey.details(labelPort, end.direction())
        : EndpointKey.details(labelPort);
  }
}
