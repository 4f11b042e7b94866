package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.state.Direction;

/**
 * The way of a flow through this host.
 *
 * <p>The first that holds:
 *
 * <ol>
 *   <li>The original source is local: an outbound flow.
 *   <li>The original destination is local: an inbound flow. But where NAT sends it on to another
 *       host, and servers are shown as {@link NatView} has them other than by default, it is a
 *       forwarded one.
 *   <li>The reply source is local: an inbound flow to an address that NAT turned into a local one.
 *   <li>Anything else is a forwarded flow.
 * </ol>
 */
public enum FlowPath {
  OUTBOUND(Direction.OUTBOUND),
  INBOUND(Direction.INBOUND),
  INBOUND_BY_NAT(Direction.INBOUND),
  FORWARDED(Direction.FORWARDED);

  public final Direction direction;

  FlowPath(Direction direction) {
    this.direction = direction;
  }

  public static FlowPath of(Flow flow, LocalAddresses local, NatView nat) {
    if (local.contains(flow.originalSourceHigh, flow.originalSourceLow)) {
      return OUTBOUND;
    }
    if (local.contains(flow.originalDestinationHigh, flow.originalDestinationLow)) {
      return nat == NatView.DEFAULT || hasLocalServer(flow, local) ? INBOUND : FORWARDED;
    }
    return hasLocalServer(flow, local) ? INBOUND_BY_NAT : FORWARDED;
  }

  private static boolean hasLocalServer(Flow flow, LocalAddresses local) {
    return local.contains(flow.replySourceHigh, flow.replySourceLow);
  }

  /** Whether the remote end is a client of this host, whose port is ephemeral. */
  public boolean isFromClient() {
    return direction == Direction.INBOUND;
  }
}
