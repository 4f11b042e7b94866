package io.conntrack.exporter.reading;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Says when to give up a thing that fails: after a few failures in a minute. Times are milliseconds
 * of one monotonic clock. One thread.
 */
final class FailureLimit {
  private static final int FAILURES = 3;
  private static final long WITHIN_MS = 60_000;
  private static final long FIRST_PAUSE_MS = 100;

  private final Deque<Long> recentMs = new ArrayDeque<>();

  /** Takes note of a failure. Returns how long to pause before another try, or -1 to give up. */
  long failed(long nowMs) {
    recentMs.add(nowMs);
    while (nowMs - recentMs.peek() >= WITHIN_MS) {
      recentMs.remove();
    }
    return recentMs.size() < FAILURES ? FIRST_PAUSE_MS << (2 * (recentMs.size() - 1)) : -1;
  }
}
