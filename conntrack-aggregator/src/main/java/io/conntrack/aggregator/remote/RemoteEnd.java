package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.flow.Flow;

/** Which of a flow's four ends is the remote one. */
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

  /**
   * Whether a flow's first packet went towards it: then what the original direction has is sent.
   */
  public boolean isSentFirst() {
    return this == ORIGINAL_DESTINATION || this == REPLY_SOURCE;
  }

  public long addressHigh(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationHigh;
      case ORIGINAL_SOURCE -> flow.originalSourceHigh;
      case REPLY_DESTINATION -> flow.replyDestinationHigh;
      case REPLY_SOURCE -> flow.replySourceHigh;
    };
  }

  public long addressLow(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationLow;
      case ORIGINAL_SOURCE -> flow.originalSourceLow;
      case REPLY_DESTINATION -> flow.replyDestinationLow;
      case REPLY_SOURCE -> flow.replySourceLow;
    };
  }

  public int port(Flow flow) {
    return switch (this) {
      case ORIGINAL_DESTINATION -> flow.originalDestinationPort;
      case ORIGINAL_SOURCE -> flow.originalSourcePort;
      case REPLY_DESTINATION -> flow.replyDestinationPort;
      case REPLY_SOURCE -> flow.replySourcePort;
    };
  }

  /**
   * The port that the flow is to. For an inbound flow it is this host's port, as the client dialled
   * it.
   */
  public int servicePort(Flow flow) {
    return this == REPLY_SOURCE ? flow.replySourcePort : flow.originalDestinationPort;
  }
}
