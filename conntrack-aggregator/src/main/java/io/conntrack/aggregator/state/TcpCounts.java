package io.conntrack.aggregator.state;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * The connections of one endpoint by TCP's own states: nine counts of 4 bytes, each at {@link
 * TcpState#column}, native byte order.
 *
 * <p>They are a place, not an object: {@code (counts, index)}. Their one writer is the reader.
 */
public final class TcpCounts {
  public static final long BYTES = (long) TcpState.COUNT * Integer.BYTES;

  private TcpCounts() {}

  public static int get(MemorySegment counts, int index, int column) {
    return counts.get(JAVA_INT, index * BYTES + (long) column * Integer.BYTES);
  }

  public static void add(MemorySegment counts, int index, int column, int change) {
    int count = get(counts, index, column) + change;
    counts.set(JAVA_INT, index * BYTES + (long) column * Integer.BYTES, count);
  }
}
