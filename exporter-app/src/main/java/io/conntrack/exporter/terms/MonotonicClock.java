package io.conntrack.exporter.terms;

import java.util.concurrent.TimeUnit;

/** The clock for all that is due at a time. It does not jump when the time of day is set. */
public final class MonotonicClock {
  private MonotonicClock() {}

  /** Milliseconds since an unspecified moment. Only differences mean something. Any thread. */
  public static long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
