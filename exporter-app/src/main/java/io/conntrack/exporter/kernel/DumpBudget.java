package io.conntrack.exporter.kernel;

import io.conntrack.ffm.system.ThreadClock;
import java.util.concurrent.TimeUnit;

/**
 * What dumps cost the reading thread, and when the next one that nothing but the time asks for is
 * within the budget: 1 % of a core for all network namespaces together. Belongs to that thread.
 */
public final class DumpBudget implements AutoCloseable {
  /** Dumps are this far apart, however many there are and whatever they cost. */
  public static final long LONGEST_REST_MS = TimeUnit.MINUTES.toMillis(5);

  private static final long TIMES_ITS_COST = 100;

  /**
   * Null until the first dump has ended, since linking it takes time that a start does not have.
   */
  private ThreadClock clock;

  private long beganNs;
  private long freeMs = Long.MIN_VALUE;

  DumpBudget() {}

  /** One dump runs at a time. */
  public void dumpBegins() {
    beganNs = nowNs();
  }

  /** What the dump has taken of a processor, in ns; of the first one that is an upper limit. */
  public long dumpEnded() {
    long costNs = nowNs() - beganNs;
    if (clock == null) {
      clock = new ThreadClock();
      costNs = Math.min(costNs, clock.cpuNs());
    }
    return costNs;
  }

  private long nowNs() {
    return clock == null ? System.nanoTime() : clock.cpuNs();
  }

  /** Takes so much of the budget. Returns in how many ms there is some again. */
  public long spend(long costNs, long nowMs) {
    long restMs = TimeUnit.NANOSECONDS.toMillis(TIMES_ITS_COST * costNs);
    freeMs = Math.min(nowMs + LONGEST_REST_MS, Math.max(nowMs, freeMs) + restMs);
    return freeMs - nowMs;
  }

  /** Whether there is some of the budget. */
  public boolean isFree(long nowMs) {
    return nowMs >= freeMs;
  }

  @Override
  public void close() {
    if (clock != null) {
      clock.close();
    }
  }
}
