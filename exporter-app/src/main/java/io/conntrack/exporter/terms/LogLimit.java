package io.conntrack.exporter.terms;

/**
 * Lets one kind of log line pass once a minute, however often it is wanted. Times are milliseconds
 * of one monotonic clock. One thread.
 */
public final class LogLimit {
  private static final long PAUSE_MS = 60_000;

  private boolean logged;
  private long loggedMs;

  /** Whether to log a line now. After a yes the answer is no for a minute. */
  public boolean allows(long nowMs) {
    if (logged && nowMs - loggedMs < PAUSE_MS) {
      return false;
    }
    logged = true;
    loggedMs = nowMs;
    return true;
  }
}
