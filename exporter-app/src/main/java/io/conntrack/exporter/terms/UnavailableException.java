package io.conntrack.exporter.terms;

/** There is nothing whole to show now. The message is one sentence that says why, for a person. */
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnavailableException(String message) {
    super(message);
  }
}
