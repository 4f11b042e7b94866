package io.conntrack.testbed;

/** How many connections of an endpoint are in each of the four states that are shown. */
public record Connections(int opening, int open, int closing, int closed) {
  public static final Connections NO = new Connections(0, 0, 0, 0);

  /** One connection in this state, which is not {@link TcpState#NONE}. */
  static Connections in(TcpState state) {
    return switch (state) {
      case SYN_SENT, SYN_SENT2, SYN_RECV -> new Connections(1, 0, 0, 0);
      case ESTABLISHED -> new Connections(0, 1, 0, 0);
      case FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT -> new Connections(0, 0, 1, 0);
      case CLOSE -> new Connections(0, 0, 0, 1);
      case NONE -> throw new AssertionError("a flow in state NONE is not counted");
    };
  }

  /** Both together. */
  public Connections plus(Connections other) {
    return new Connections(
        opening + other.opening, open + other.open, closing + other.closing, closed + other.closed);
  }

  public int total() {
    return opening + open + closing + closed;
  }

  /** As {@code 0 2 1 0}. */
  @Override
  public String toString() {
    return opening + " " + open + " " + closing + " " + closed;
  }
}
