package io.conntrack.exporter.web;

/** Lets through a burst, and then one in each interval. Any thread may call. */
public final class TokenBucket {
  private final long intervalNs;
  private final int burst;
  private double tokens;
  private long countedNs;

  /** Full. */
  public TokenBucket(RateLimit limit, long nowNs) {
    this.intervalNs = limit.intervalNs();
    this.burst = limit.burst();
    this.tokens = burst;
    this.countedNs = nowNs;
  }

  /** Takes a token, if there is one. */
  public synchronized boolean take(long nowNs) {
    long elapsedNs = Math.max(0, nowNs - countedNs);
    tokens = Math.min(burst, tokens + (double) elapsedNs / intervalNs);
    countedNs = nowNs;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }

  /** Puts a token back that was not used. */
  synchronized void putBack() {
    tokens = Math.min(burst, tokens + 1);
  }
}
