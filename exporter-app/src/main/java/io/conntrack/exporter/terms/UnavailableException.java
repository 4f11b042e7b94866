package io.conntrack.exporter.terms;

/** There is no complete state to show now. The message is one sentence that tells a person why. */
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnavailableException(String message) {
    super(message);
  }
}
