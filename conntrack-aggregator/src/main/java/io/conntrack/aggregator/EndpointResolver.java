package io.conntrack.aggregator;

/**
 * Tells which end of a flow is the remote one, and with or without its port.
 *
 * <p>The first that holds:
 *
 * <ol>
 *   <li>The original source is local: an outbound flow, to the original destination; where NAT
 *       sends it does not matter.
 *   <li>The original destination is local: an inbound flow, from the original source.
 *   <li>The reply source is local: an inbound flow to an address that NAT turned into a local one,
 *       from the reply destination.
 *   <li>A forwarded flow, to the reply source: the real server behind NAT.
 * </ol>
 *
 * <p>The port of an inbound flow's client is ephemeral and would make a series of every connection,
 * so it is left out unless asked for. Belongs to the reader.
 */
final class EndpointResolver {
  private final EndpointTable endpoints;
  private final boolean clientPorts;
  private LocalAddresses local = LocalAddresses.of();

  EndpointResolver(EndpointTable endpoints, boolean clientPorts) {
    this.endpoints = endpoints;
    this.clientPorts = clientPorts;
  }

  void localAddresses(LocalAddresses addresses) {
    local = addresses;
  }

  /** The number of the flow's remote endpoint, which is admitted if it is new. */
  int resolve(Flow flow) {
    if (local.contains(flow.originalSourceHigh, flow.originalSourceLow)) {
      return endpoints.admit(
          flow.originalDestinationHigh, flow.originalDestinationLow, flow.originalDestinationPort);
    }
    if (local.contains(flow.originalDestinationHigh, flow.originalDestinationLow)) {
      return client(flow.originalSourceHigh, flow.originalSourceLow, flow.originalSourcePort);
    }
    if (local.contains(flow.replySourceHigh, flow.replySourceLow)) {
      return client(flow.replyDestinationHigh, flow.replyDestinationLow, flow.replyDestinationPort);
    }
    return endpoints.admit(flow.replySourceHigh, flow.replySourceLow, flow.replySourcePort);
  }

  private int client(long addressHigh, long addressLow, int port) {
    return endpoints.admit(addressHigh, addressLow, clientPorts ? port : EndpointRecord.NO_PORT);
  }
}
