package io.conntrack.aggregator.remote;

/**
 * Which address is shown if NAT sends a flow to another server than was dialled. An inbound flow
 * shows its client in any case.
 */
public enum NatView {
  /** What this host dialled; for a forwarded flow the real server. */
  DEFAULT,
  /** Always the real server. */
  REAL,
  /** Always the address that was dialled. */
  SERVICE,
  /** The real server, and the address that was dialled beside it. */
  BOTH;

  public RemoteEnd ofOutbound() {
    return this == REAL || this == BOTH ? RemoteEnd.REPLY_SOURCE : RemoteEnd.ORIGINAL_DESTINATION;
  }

  public RemoteEnd ofForwarded() {
    return this == SERVICE ? RemoteEnd.ORIGINAL_DESTINATION : RemoteEnd.REPLY_SOURCE;
  }
}
