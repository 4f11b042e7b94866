package io.conntrack.exporter.terms;

/**
 * A command line or environment that is wrong. The message is one sentence for the operator. It has
 * the option or variable, its value, and what would be right.
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

  /**
   * The option is right, but the file that it names is wrong. The help of the options does not tell
   * more.
   */
  public static UsageException ofContent(String message) {
    return new UsageException(message, false);
  }

  /** Whether {@code --help} helps. */
  public boolean isHelped() {
    return helped;
  }
}
