package io.conntrack.exporter.web;

/**
 * How many requests are answered.
 *
 * @param intervalNs the time between two requests; 0 for no limit
 * @param burst how many may come at once
 */
public record RateLimit(long intervalNs, int burst) {
  static final RateLimit NONE = new RateLimit(0, 0);

  public boolean isNone() {
    return intervalNs == 0;
  }
}
