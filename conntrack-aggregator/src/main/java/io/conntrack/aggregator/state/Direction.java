package io.conntrack.aggregator.state;

/** Which way a flow goes, as this host sees it. */
public enum Direction {
  OUTBOUND(0, "outbound"),
  INBOUND(1, "inbound"),
  FORWARDED(2, "forwarded");

  private static final Direction[] BY_NUMBER = values();

  /** Stands for it where there is no room for an object: 0 to 3. */
  public final int number;

  /** As an operator writes and reads it. */
  public final String label;

  Direction(int number, String label) {
    this.number = number;
    this.label = label;
  }

  public static Direction ofNumber(int number) {
    return BY_NUMBER[number];
  }
}
