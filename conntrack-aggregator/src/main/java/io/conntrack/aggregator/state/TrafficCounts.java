package io.conntrack.aggregator.state;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What the flows of one endpoint have carried: four numbers of 8 bytes, each at {@link
 * Traffic#column}, native byte order.
 *
 * <p>They are a place, not an object: {@code (counts, index)}. Their one writer is the reader.
 */
public final class TrafficCounts {
  public static final long BYTES = (long) Traffic.COUNT * Long.BYTES;

  private TrafficCounts() {}

  public static long get(MemorySegment counts, int index, int column) {
    return counts.get(JAVA_LONG, at(index, column));
  }

  public static void add(MemorySegment counts, int index, Traffic traffic, long change) {
    long at = at(index, traffic.column);
    counts.set(JAVA_LONG, at, counts.get(JAVA_LONG, at) + change);
  }

  private static long at(int index, int column) {
    return index * BYTES + (long) column * Long.BYTES;
  }

  public static void clear(MemorySegment counts, int index) {
    counts.asSlice(index * BYTES, BYTES).fill((byte) 0);
  }
}
