package io.conntrack.exporter.terms;

/**
 * A command line or environment that this program can't follow. The message is one sentence for the
 * operator: the option or variable, its value, what would be right.
 */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
