package io.conntrack.aggregator;

import io.conntrack.aggregator.state.Direction;
import io.conntrack.aggregator.state.Outcome;

/**
 * What is known of a flow that has ended, as it was counted. It is a place to fill in and hand
 * over, not a value, as {@code Flow} is. Whoever takes it keeps nothing of it.
 */
public final class FlowEnd {
  /** A time that nobody knows. */
  public static final long UNKNOWN = -1;

  /** What tells that the flow has ended. */
  public enum Cause {
    /** Its own DESTROY. */
    EVENT(0, "event"),
    /** It was gone from the kernel's table, and no DESTROY came. */
    RESYNC(1, "resync"),
    /** The next connection of the same addresses and ports began, and no DESTROY came. */
    NEXT(2, "next");

    private static final Cause[] BY_NUMBER = values();

    /** Stands for it where there is no room for an object. */
    public final int number;

    /** As an operator reads it. */
    public final String label;

    Cause(int number, String label) {
      this.number = number;
      this.label = label;
    }

    public static Cause ofNumber(int number) {
      return BY_NUMBER[number];
    }
  }

  public Cause cause = Cause.EVENT;

  /** Whether the event log takes the flow, as {@code Flow} said. */
  public boolean logged;

  /** The label {@code host} of the series that count it; null if none does. */
  public String host;

  /** As it was counted; null if it was not. */
  public Outcome outcome;

  /** Which way it went; null if nobody has filled it in. */
  public Direction direction;

  /** From the first packet to its being established, or {@link #UNKNOWN}. */
  public long setupNs = UNKNOWN;

  /** From the first packet to its end, or {@link #UNKNOWN}. */
  public long durationNs = UNKNOWN;

  /** Whether it was counted what the flow has carried. */
  public boolean hasTraffic;

  public long receivedBytes;
  public long receivedPackets;
  public long sentBytes;
  public long sentPackets;

  public FlowEnd() {}

  /** Makes it that of a flow of which nothing is known. */
  public void clear() {
    cause = Cause.EVENT;
    logged = false;
    host = null;
    outcome = null;
    direction = null;
    setupNs = UNKNOWN;
    durationNs = UNKNOWN;
    hasTraffic = false;
    receivedBytes = 0;
    receivedPackets = 0;
    sentBytes = 0;
    sentPackets = 0;
  }
}
