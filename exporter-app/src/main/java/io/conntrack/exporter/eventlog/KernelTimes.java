package io.conntrack.exporter.eventlog;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The kernel's times as a clock would tell them that nobody sets. The kernel stamps flows and
 * events with the time of day. A connection that is open while that is set an hour ahead would have
 * lived an hour longer. So what the clock was set by is taken off again. Steps of less than a
 * second are not seen, and do no harm worth a look.
 *
 * <p>Belongs to the reader. Allocates nothing.
 */
public final class KernelTimes {
  private static final long STEP_NS = TimeUnit.SECONDS.toNanos(1);

  /** A look that took longer than this, on a busy machine, tells of no step. */
  private static final long LONGEST_LOOK_NS = TimeUnit.MILLISECONDS.toNanos(200);

  /** What is older, or is to come, was stamped before a step and read after it. */
  private static final long LONGEST_QUEUED_NS = TimeUnit.MINUTES.toNanos(1);

  private static final long NOT_TOLD = 0;

  private final LongSupplier wallMs;
  private final LongSupplier monotonicNs;

  /** The time of day, less the time of the clock that nobody sets. */
  private long aheadNs;

  /** By how much the clock was set since this began. */
  private long setByNs;

  /** Before this, nobody knows which clock a flow began by. */
  private long certainFromUnixNs;

  /** Now, as the clock would show it if nobody had set it. */
  private long nowNs;

  public KernelTimes() {
    this(System::currentTimeMillis, System::nanoTime);
  }

  KernelTimes(LongSupplier wallMs, LongSupplier monotonicNs) {
    this.wallMs = wallMs;
    this.monotonicNs = monotonicNs;
    this.aheadNs = TimeUnit.MILLISECONDS.toNanos(wallMs.getAsLong()) - monotonicNs.getAsLong();
  }

  /** Before a batch of messages. Returns the time by the clock that nobody sets. */
  public long look() {
    long beganNs = monotonicNs.getAsLong();
    long wallNs = TimeUnit.MILLISECONDS.toNanos(wallMs.getAsLong());
    long endedNs = monotonicNs.getAsLong();
    if (endedNs - beganNs < LONGEST_LOOK_NS) {
      long byNs = wallNs - endedNs - aheadNs;
      if (Math.abs(byNs) >= STEP_NS) {
        setByNs += byNs;
        certainFromUnixNs = Math.max(wallNs, wallNs - byNs);
      }
      aheadNs = wallNs - endedNs;
    }
    nowNs = endedNs + aheadNs - setByNs;
    return endedNs;
  }

  /** When an event was, by what the kernel tells. */
  long ofEvent(long unixNs) {
    long ns = unixNs - setByNs;
    return setByNs == 0 || Math.abs(ns - nowNs) < LONGEST_QUEUED_NS ? ns : nowNs;
  }

  /** When a flow began, by what the kernel tells, or 0 if it does not, or nobody knows. */
  long ofStart(long unixNs) {
    return unixNs < certainFromUnixNs ? NOT_TOLD : Math.max(NOT_TOLD, unixNs - setByNs);
  }
}
