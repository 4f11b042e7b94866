package io.conntrack.aggregator.state;

/**
 * What flows carry, as this host sees it. Traffic towards the remote end is sent, also in a
 * forwarded flow.
 */
public enum Traffic {
  RECEIVED_BYTES(0),
  RECEIVED_PACKETS(1),
  SENT_BYTES(2),
  SENT_PACKETS(3);

  /** How many there are. */
  public static final int COUNT = values().length;

  /** Where its number lies among the four of an endpoint. */
  public final int column;

  Traffic(int column) {
    this.column = column;
  }
}
