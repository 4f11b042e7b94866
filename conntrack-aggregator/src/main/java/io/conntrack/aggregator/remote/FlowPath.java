package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.state.Direction;

/**
 * The way of a flow through this host.
 *
 * <p>The first that holds:
 *
 * <ol>
 *   <li>The original source is local: an outbound flow. But if it is of TCP and its source port is
 *       one that servers here listen on, the kernel has picked it up in mid-stream from the
 *       server's side: an inbound flow of the client that is its destination, or an outbound one
 *       that this host opened to itself.
 *   <li>The original destination is local: an inbound flow. But where NAT sends it on to another
 *       host, and servers are shown as {@link NatView} has them other than by default, it is a
 *       forwarded one.
 *   <li>The reply source is local: an inbound flow to an address that NAT turned into a local one.
 *   <li>Anything else is a forwarded flow.
 * </ol>
 */
public enum FlowPath {
  OUTBOUND(Direction.OUTBOUND),
  OUTBOUND_REVERSED(Direction.OUTBOUND),
  INBOUND(Direction.INBOUND),
  INBOUND_REVERSED(Direction.INBOUND),
  INBOUND_BY_NAT(Direction.INBOUND),
  FORWARDED(Direction.FORWARDED);

  private static final int TCP = 6;

  public final Direction direction;

  FlowPath(Direction direction) {
    this.direction = direction;
  }

  public static FlowPath of(Flow flow, LocalAddresses local, ServicePorts ports, NatView nat) {
    if (local.contains(flow.originalSourceHigh, flow.originalSourceLow)) {
      return isFromServer(flow, ports) ? reversed(flow, local, ports) : OUTBOUND;
    }
    if (local.contains(flow.originalDestinationHigh, flow.originalDestinationLow)) {
      return nat == NatView.DEFAULT || hasLocalServer(flow, local) ? INBOUND : FORWARDED;
    }
    return hasLocalServer(flow, local) ? INBOUND_BY_NAT : FORWARDED;
  }

  private static boolean isFromServer(Flow flow, ServicePorts ports) {
    return flow.protocol == TCP && ports.contains(flow.originalSourcePort);
  }

  private static FlowPath reversed(Flow flow, LocalAddresses local, ServicePorts ports) {
    if (!local.contains(flow.originalDestinationHigh, flow.originalDestinationLow)) {
      return INBOUND_REVERSED;
    }
    return ports.contains(flow.originalDestinationPort) ? OUTBOUND : OUTBOUND_REVERSED;
  }

  private static boolean hasLocalServer(Flow flow, LocalAddresses local) {
    return local.contains(flow.replySourceHigh, flow.replySourceLow);
  }

  /** Whether what the kernel takes for the flow's source is its server. */
  public boolean isReversed() {
    return this == INBOUND_REVERSED || this == OUTBOUND_REVERSED;
  }

  /** Whether the remote end is a client of this host, whose port is ephemeral. */
  public boolean isFromClient() {
    return direction == Direction.INBOUND;
  }
}
