package io.conntrack.exporter.terms;

/**
 * A command line or environment that this program can't follow. The message is one sentence for the
 * operator: the option or variable, its value, what would be right.
 */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean helped;

  public UsageException(String message) {
    this(message, true);
  }

  private UsageException(String message, boolean helped) {
    super(message);
    this.helped = helped;
  }

  /** What an option names, such as a file, is wrong. The help of the options does not tell more. */
  public static UsageException ofContent(String message) {
    return new UsageException(message, false);
  }

  /** Whether {@code --help} helps. */
  public boolean isHelped() {
    return helped;
  }
}
