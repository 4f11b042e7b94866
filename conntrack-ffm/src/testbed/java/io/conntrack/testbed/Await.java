package io.conntrack.testbed;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Waiting for what the kernel or another thread does in its own time: polls a probe on the calling
 * thread, every 10 ms, until its value is good. When that does not come in time an {@link
 * AssertionError} says what was awaited and which value was seen last. What the probe throws passes
 * through at once.
 */
public final class Await {
  /** How long the methods without a limit of their own wait. */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(10);

  private Await() {}

  /** Waits until the probe returns true. */
  public static void until(String what, Supplier<Boolean> probe) {
    until(what, probe, value -> value);
  }

  /** Waits until the probe returns the expected value. */
  public static <T> void untilEqual(String what, T expected, Supplier<? extends T> probe) {
    until(what + " to be " + expected, probe, value -> Objects.equals(expected, value));
  }

  /** Waits until the probe returns a good value, and returns that value. */
  public static <T> T until(String what, Supplier<T> probe, Predicate<? super T> good) {
    return until(what, DEFAULT_LIMIT, probe, good);
  }

  /** Waits at most {@code limit}; the probe runs at least once. */
  public static <T> T until(
      String what, Duration limit, Supplier<T> probe, Predicate<? super T> good) {
    long startNs = System.nanoTime();
    while (true) {
      T value = probe.get();
      if (good.test(value)) {
        return value;
      }
      if (System.nanoTime() - startNs > limit.toNanos()) {
        throw new AssertionError(
            "waited limit=%s for %s; last value seen: %s".formatted(limit, what, value));
      }
      pause(what);
    }
  }

  /** Keeps the interrupt flag: an interrupted test ends and its caller still sees why. */
  private static void pause(String what) {
    LockSupport.parkNanos(PAUSE_NS);
    if (Thread.currentThread().isInterrupted()) {
      throw new AssertionError("interrupted while waiting for " + what);
    }
  }
}
