package io.conntrack.exporter;

/** There is nothing whole to show now. The message is one sentence that says why, for a person. */
final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnavailableException(String message) {
    super(message);
  }
}
