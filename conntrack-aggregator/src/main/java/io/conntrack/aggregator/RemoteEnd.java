package io.conntrack.aggregator;

/**
 * Which of a flow's four ends is the remote one.
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
 */
public enum RemoteEnd {
  ORIGINAL_DESTINATION(0),
  ORIGINAL_SOURCE(1),
  REPLY_DESTINATION(2),
  REPLY_SOURCE(3);

  private static final RemoteEnd[] BY_NUMBER = values();

  /** Stands for it where there is no room for an object. */
  public final int number;

  RemoteEnd(int number) {
    this.number = number;
  }

  /** The one with this number, 0 to 3. */
  public static RemoteEnd ofNumber(int number) {
    return BY_NUMBER[number];
  }

  static RemoteEnd of(Flow flow, LocalAddresses local) {
    if (local.contains(flow.originalSourceHigh, flow.originalSourceLow)) {
      return ORIGINAL_DESTINATION;
    }
    if (local.contains(flow.originalDestinationHigh, flow.originalDestinationLow)) {
      return ORIGINAL_SOURCE;
    }
    if (local.contains(flow.replySourceHigh, flow.replySourceLow)) {
      return REPLY_DESTINATION;
    }
    return REPLY_SOURCE;
  }

  long addressHigh(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationHigh;
      case ORIGINAL_SOURCE -> flow.originalSourceHigh;
      case REPLY_DESTINATION -> flow.replyDestinationHigh;
      case REPLY_SOURCE -> flow.replySourceHigh;
    };
  }

  long addressLow(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationLow;
      case ORIGINAL_SOURCE -> flow.originalSourceLow;
      case REPLY_DESTINATION -> flow.replyDestinationLow;
      case REPLY_SOURCE -> flow.replySourceLow;
    };
  }

  int port(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationPort;
      case ORIGINAL_SOURCE -> flow.originalSourcePort;
      case REPLY_DESTINATION -> flow.replyDestinationPort;
      case REPLY_SOURCE -> flow.replySourcePort;
    };
  }

  Direction direction() {
    return switch (this) {
      case ORIGINAL_DESTINATION -> Direction.OUTBOUND;
      case ORIGINAL_SOURCE, REPLY_DESTINATION -> Direction.INBOUND;
      case REPLY_SOURCE -> Direction.FORWARDED;
    };
  }

  /** Whether a client of this host is there, whose port is ephemeral. */
  boolean isClient() {
    return this == ORIGINAL_SOURCE || this == REPLY_DESTINATION;
  }
}
