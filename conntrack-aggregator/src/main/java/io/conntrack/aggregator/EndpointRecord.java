package io.conntrack.aggregator;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;

/**
 * One remote endpoint as it lies in the {@link EndpointStore}: 64 bytes, one cache line, native
 * byte order.
 *
 * <pre>
 *  offset  size  field
 *       0     8  addressHigh     IPv4 as ::ffff:a.b.c.d
 *       8     8  addressLow
 *      16     4  details         the lower half: port and more, see {@link EndpointKey}
 *      20     4  hash            of the key; 32 of its bits
 *      24    16  connections     four counts, by ConnectionState.column
 *      40     4  total           their sum
 *      44     2  zone            the lower half of the rest of the details
 *      46     1  status          FREE 0, SHOWN 1, HIDDEN 2, WAITING 3
 *      47     1  list            of which it is when it is empty: that list's head, 0 or 1
 *      48     8  emptySinceMs    when the last connection went; of no meaning with connections
 *      56     4  previous        neighbours in the list of empty endpoints.
 *      60     4  next            In a free record: the next free one; 0 is none
 * </pre>
 *
 * <p>A record is a place, not an object: {@code (records, index)}. Its one writer is the reader.
 */
final class EndpointRecord {
  static final long BYTES;

  static final int FREE = 0;
  static final int SHOWN = 1;
  static final int HIDDEN = 2;
  static final int WAITING = 3;

  private static final long ADDRESS_HIGH;
  private static final long ADDRESS_LOW;
  private static final long DETAILS;
  private static final long HASH;
  private static final long CONNECTIONS;
  private static final long TOTAL;
  private static final long ZONE;
  private static final long STATUS;
  private static final long LIST;
  private static final long EMPTY_SINCE_MS;
  private static final long PREVIOUS;
  private static final long NEXT;

  static {
    MemoryLayout layout =
        MemoryLayout.structLayout(
            JAVA_LONG.withName("addressHigh"),
            JAVA_LONG.withName("addressLow"),
            JAVA_INT.withName("details"),
            JAVA_INT.withName("hash"),
            MemoryLayout.sequenceLayout(ConnectionState.COUNT, JAVA_INT).withName("connections"),
            JAVA_INT.withName("total"),
            JAVA_SHORT.withName("zone"),
            JAVA_BYTE.withName("status"),
            JAVA_BYTE.withName("list"),
            JAVA_LONG.withName("emptySinceMs"),
            JAVA_INT.withName("previous"),
            JAVA_INT.withName("next"));
    BYTES = layout.byteSize();
    ADDRESS_HIGH = offset(layout, "addressHigh");
    ADDRESS_LOW = offset(layout, "addressLow");
    DETAILS = offset(layout, "details");
    HASH = offset(layout, "hash");
    CONNECTIONS = offset(layout, "connections");
    TOTAL = offset(layout, "total");
    ZONE = offset(layout, "zone");
    STATUS = offset(layout, "status");
    LIST = offset(layout, "list");
    EMPTY_SINCE_MS = offset(layout, "emptySinceMs");
    PREVIOUS = offset(layout, "previous");
    NEXT = offset(layout, "next");
  }

  private EndpointRecord() {}

  private static long offset(MemoryLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }

  static long addressHigh(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + ADDRESS_HIGH);
  }

  static long addressLow(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + ADDRESS_LOW);
  }

  static long details(MemorySegment records, int index) {
    long zone = Short.toUnsignedLong(records.get(JAVA_SHORT, index * BYTES + ZONE));
    return zone << Integer.SIZE
        | Integer.toUnsignedLong(records.get(JAVA_INT, index * BYTES + DETAILS));
  }

  static boolean hasKey(MemorySegment records, int index, EndpointKey key) {
    return addressLow(records, index) == key.addressLow
        && addressHigh(records, index) == key.addressHigh
        && details(records, index) == key.details;
  }

  static void key(MemorySegment records, int index, EndpointKey key) {
    records.set(JAVA_LONG, index * BYTES + ADDRESS_HIGH, key.addressHigh);
    records.set(JAVA_LONG, index * BYTES + ADDRESS_LOW, key.addressLow);
    records.set(JAVA_INT, index * BYTES + DETAILS, (int) key.details);
    records.set(JAVA_SHORT, index * BYTES + ZONE, (short) (key.details >>> Integer.SIZE));
  }

  static int hash(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + HASH);
  }

  static void hash(MemorySegment records, int index, int hash) {
    records.set(JAVA_INT, index * BYTES + HASH, hash);
  }

  static int connections(MemorySegment records, int index, int column) {
    return records.get(JAVA_INT, index * BYTES + CONNECTIONS + (long) column * Integer.BYTES);
  }

  static int total(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + TOTAL);
  }

  /** Changes one of the counts, and the total with it. */
  static void addConnections(MemorySegment records, int index, int column, int change) {
    int count = connections(records, index, column) + change;
    records.set(JAVA_INT, index * BYTES + CONNECTIONS + (long) column * Integer.BYTES, count);
    records.set(JAVA_INT, index * BYTES + TOTAL, total(records, index) + change);
  }

  static int status(MemorySegment records, int index) {
    return records.get(JAVA_BYTE, index * BYTES + STATUS);
  }

  static void status(MemorySegment records, int index, int status) {
    records.set(JAVA_BYTE, index * BYTES + STATUS, (byte) status);
  }

  static int list(MemorySegment records, int index) {
    return records.get(JAVA_BYTE, index * BYTES + LIST);
  }

  static void list(MemorySegment records, int index, int list) {
    records.set(JAVA_BYTE, index * BYTES + LIST, (byte) list);
  }

  static long emptySinceMs(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + EMPTY_SINCE_MS);
  }

  static void emptySinceMs(MemorySegment records, int index, long emptySinceMs) {
    records.set(JAVA_LONG, index * BYTES + EMPTY_SINCE_MS, emptySinceMs);
  }

  static int previous(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + PREVIOUS);
  }

  static void previous(MemorySegment records, int index, int previous) {
    records.set(JAVA_INT, index * BYTES + PREVIOUS, previous);
  }

  static int next(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + NEXT);
  }

  static void next(MemorySegment records, int index, int next) {
    records.set(JAVA_INT, index * BYTES + NEXT, next);
  }
}
