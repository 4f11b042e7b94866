package io.conntrack.aggregator.remote;

/**
 * What tells endpoints apart, which gives their labels beside {@code host}. Also what is counted of
 * endpoints beside their connections.
 *
 * @param clientPorts whether the host of an inbound connection carries the client's port, which
 *     makes a series of every connection
 * @param direction whether the connections of each direction are an endpoint of their own, with the
 *     label {@code direction}: outbound, inbound or forwarded
 * @param protocol whether the connections of each protocol are, with the label {@code protocol}
 * @param zone whether the connections of each conntrack zone are, with the label {@code ct_zone}
 * @param nat which address of a server behind NAT is the host; of both, the one that was dialled is
 *     the label {@code service}
 * @param tcpStates whether the connections of each endpoint, which are all of TCP, are counted by
 *     TCP's own states too
 * @param traffic whether bytes and packets are counted: 60 bytes more for each flow at most
 * @param times whether it is counted how long connections take to open and how long they live: 15
 *     bytes more for each flow at most
 */
public record EndpointOptions(
    boolean clientPorts,
    boolean direction,
    boolean protocol,
    boolean zone,
    NatView nat,
    boolean tcpStates,
    boolean traffic,
    boolean times) {
  /** Endpoints are told apart by the host alone, a client by its address. */
  public static final EndpointOptions HOST_ALONE =
      new EndpointOptions(false, false, false, false, NatView.DEFAULT, false, false, false);

  /** What tells sources apart, and what is counted of them: an address, never a port. */
  public EndpointOptions ofSources() {
    return new EndpointOptions(
        false, direction, protocol, zone, NatView.DEFAULT, false, traffic, false);
  }

  /** Whether there are no other labels and no other counts than without any option. */
  public boolean isPlain() {
    return !(direction || protocol || zone || nat == NatView.BOTH || tcpStates || traffic || times);
  }
}
