package io.conntrack.exporter.names;

/** What became of a question to DNS servers. */
public enum DnsResult {
  /** The address has a name. */
  FOUND("found"),
  /** It has none. */
  ABSENT("absent"),
  /** No server answered in time. */
  TIMEOUT("timeout"),
  /** The servers could not, or would not, answer. */
  REFUSED("refused"),
  /** The answer is no well-formed one, or too long for a datagram. */
  MALFORMED("malformed");

  /** As an operator reads it. */
  public final String label;

  DnsResult(String label) {
    this.label = label;
  }
}
