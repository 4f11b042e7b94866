package io.conntrack.aggregator.state;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * How long things took at one endpoint: for each {@link Timing} the sum in seconds, a double, and
 * its counts of 8 bytes, native byte order; 1,376 bytes in all.
 *
 * <p>They are a place, not an object: {@code (counts, index)}. Their one writer is the reader.
 */
public final class TimeCounts {
  public static final long BYTES = bytes(Timing.DURATION) + bytes(Timing.SETUP);

  private TimeCounts() {}

  private static long bytes(Timing timing) {
    return Double.BYTES + (long) timing.columns * Long.BYTES;
  }

  /** Where the sum is; the counts are behind it. */
  private static long start(int index, Timing timing) {
    return index * BYTES
        + switch (timing) {
          case DURATION -> 0;
          case SETUP -> bytes(Timing.DURATION);
        };
  }

  public static void add(MemorySegment counts, int index, Timing timing, double seconds) {
    long sum = start(index, timing);
    counts.set(JAVA_DOUBLE, sum, counts.get(JAVA_DOUBLE, sum) + seconds);
    long count = at(index, timing, timing.column(seconds));
    counts.set(JAVA_LONG, count, counts.get(JAVA_LONG, count) + 1);
  }

  public static double sum(MemorySegment counts, int index, Timing timing) {
    return counts.get(JAVA_DOUBLE, start(index, timing));
  }

  public static long get(MemorySegment counts, int index, Timing timing, int column) {
    return counts.get(JAVA_LONG, at(index, timing, column));
  }

  private static long at(int index, Timing timing, int column) {
    return start(index, timing) + Double.BYTES + (long) column * Long.BYTES;
  }

  public static void clear(MemorySegment counts, int index) {
    counts.asSlice(index * BYTES, BYTES).fill((byte) 0);
  }
}
