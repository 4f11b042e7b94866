package io.conntrack.aggregator.state;

import java.util.Locale;

/**
 * What became of a connection, as far as its endpoint counts it: whether it opened, or why not, and
 * how it ended. {@code OutcomeCounter} has the rules.
 */
public enum Outcome {
  /** It reached ESTABLISHED. */
  OPENED(0),

  /** It never opened: reset before. */
  FAILED_REFUSED(1),
  /** It never opened: nobody answered until the kernel gave up. */
  FAILED_UNANSWERED(2),
  /** It never opened: the kernel removed it to make room, or somebody deleted it. */
  FAILED_EVICTED(3),
  /** As far as is known it never opened. The events that would tell were lost. */
  FAILED_UNKNOWN(4),

  /** It was open, and both sides closed it. */
  ENDED_CLOSED(5),
  /** It was open, and one side reset it. */
  ENDED_RESET(6),
  /** It was open, and idle until the kernel gave up. */
  ENDED_TIMED_OUT(7),
  /** It was open; the kernel removed it to make room, or somebody deleted it. */
  ENDED_EVICTED(8),
  /** It was open; the events that would tell how it ended were lost. */
  ENDED_UNKNOWN(9);

  /** How many there are. */
  public static final int COUNT = values().length;

  /** Where its count lies among those of an endpoint. */
  public final int column;

  Outcome(int column) {
    this.column = column;
  }

  /** {@code opened}, {@code failed} or {@code ended}. */
  public String kind() {
    return words()[0];
  }

  /** Why it failed or ended, as labels and logs name it. Empty for {@link #OPENED}. */
  public String reason() {
    String[] words = words();
    return words.length == 1 ? "" : words[1];
  }

  private String[] words() {
    return name().toLowerCase(Locale.ROOT).split("_", 2);
  }

  /** For a connection that opened, or never did. */
  public static Outcome evicted(boolean opened) {
    return opened ? ENDED_EVICTED : FAILED_EVICTED;
  }

  public static Outcome timedOut(boolean opened) {
    return opened ? ENDED_TIMED_OUT : FAILED_UNANSWERED;
  }

  public static Outcome reset(boolean opened) {
    return opened ? ENDED_RESET : FAILED_REFUSED;
  }

  public static Outcome unknown(boolean opened) {
    return opened ? ENDED_UNKNOWN : FAILED_UNKNOWN;
  }
}
