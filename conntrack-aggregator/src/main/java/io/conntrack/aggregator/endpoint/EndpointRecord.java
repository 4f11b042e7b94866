package io.conntrack.aggregator.endpoint;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.state.ConnectionState;
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
 *      16     8  details         bits 47..0: the rest of the key, see {@link EndpointKey};
 *                                bits 55..48: status, FREE 0, LEFT 1, SHOWN 2, HIDDEN 3,
 *                                WAITING 4;
 *                                bits 63..56: kind, SERVERS 0, CLIENTS 1
 *      24    16  connections     four counts, by ConnectionState.column
 *      40     4  total           their sum
 *      44     4  hash            of the key; 32 of its bits
 *      48     8  emptySinceMs    when the last connection went; of no meaning with connections
 *      56     4  previous        neighbours in the list of empty endpoints.
 *      60     4  next            In a free record: the next free one; 0 is none
 * </pre>
 *
 * <p>A record is a place, not an object: {@code (records, index)}. Its one writer is the reader.
 */
public final class EndpointRecord {
  static final long BYTES;

  public static final int FREE = 0;

  /** No flow is counted here any more; those above take flows. */
  public static final int LEFT = 1;

  public static final int SHOWN = 2;

  /** Its connections are shown in {@code other}. So are those of the next status. */
  public static final int HIDDEN = 3;

  public static final int WAITING = 4;

  /** Kinds: what is no client of this host is a server. */
  public static final int SERVERS = 0;

  public static final int CLIENTS = 1;

  public static final int KINDS = 2;

  private static final int STATUS_SHIFT = EndpointKey.DETAILS_BITS;
  private static final int KIND_SHIFT = STATUS_SHIFT + Byte.SIZE;
  private static final int OCTET = 0xff;

  private static final long ADDRESS_HIGH;
  private static final long ADDRESS_LOW;
  private static final long DETAILS;
  private static final long HASH;
  private static final long CONNECTIONS;
  private static final long TOTAL;
  private static final long EMPTY_SINCE_MS;
  private static final long PREVIOUS;
  private static final long NEXT;

  static {
    MemoryLayout layout =
        MemoryLayout.structLayout(
            JAVA_LONG.withName("addressHigh"),
            JAVA_LONG.withName("addressLow"),
            JAVA_LONG.withName("details"),
            MemoryLayout.sequenceLayout(ConnectionState.COUNT, JAVA_INT).withName("connections"),
            JAVA_INT.withName("total"),
            JAVA_INT.withName("hash"),
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
    EMPTY_SINCE_MS = offset(layout, "emptySinceMs");
    PREVIOUS = offset(layout, "previous");
    NEXT = offset(layout, "next");
  }

  private EndpointRecord() {}

  private static long offset(MemoryLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }

  public static long addressHigh(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + ADDRESS_HIGH);
  }

  public static long addressLow(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + ADDRESS_LOW);
  }

  public static long details(MemorySegment records, int index) {
    return word(records, index) & EndpointKey.DETAILS_MASK;
  }

  private static long word(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + DETAILS);
  }

  private static void word(MemorySegment records, int index, long word) {
    records.set(JAVA_LONG, index * BYTES + DETAILS, word);
  }

  static boolean hasKey(MemorySegment records, int index, EndpointKey key) {
    return addressLow(records, index) == key.addressLow
        && addressHigh(records, index) == key.addressHigh
        && details(records, index) == key.details;
  }

  static void key(MemorySegment records, int index, EndpointKey key) {
    records.set(JAVA_LONG, index * BYTES + ADDRESS_HIGH, key.addressHigh);
    records.set(JAVA_LONG, index * BYTES + ADDRESS_LOW, key.addressLow);
    word(records, index, (word(records, index) & ~EndpointKey.DETAILS_MASK) | key.details);
  }

  public static int hash(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + HASH);
  }

  public static void hash(MemorySegment records, int index, int hash) {
    records.set(JAVA_INT, index * BYTES + HASH, hash);
  }

  public static int connections(MemorySegment records, int index, int column) {
    return records.get(JAVA_INT, index * BYTES + CONNECTIONS + (long) column * Integer.BYTES);
  }

  public static int total(MemorySegment records, int index) {
    return records.get(JAVA_INT, index * BYTES + TOTAL);
  }

  /** Moves one connection from one of the counts to another. */
  public static void moveConnection(MemorySegment records, int index, int from, int to) {
    add(records, index, from, -1);
    add(records, index, to, 1);
  }

  private static void add(MemorySegment records, int index, int column, int change) {
    int count = connections(records, index, column) + change;
    assert count >= 0 : "endpoint=" + index + " is below zero";
    records.set(JAVA_INT, index * BYTES + CONNECTIONS + (long) column * Integer.BYTES, count);
  }

  /** Changes one of the counts, and the total with it. */
  public static void addConnections(MemorySegment records, int index, int column, int change) {
    add(records, index, column, change);
    records.set(JAVA_INT, index * BYTES + TOTAL, total(records, index) + change);
  }

  public static int status(MemorySegment records, int index) {
    return octet(records, index, STATUS_SHIFT);
  }

  public static void status(MemorySegment records, int index, int status) {
    octet(records, index, STATUS_SHIFT, status);
  }

  public static int kind(MemorySegment records, int index) {
    return octet(records, index, KIND_SHIFT);
  }

  public static void kind(MemorySegment records, int index, int kind) {
    octet(records, index, KIND_SHIFT, kind);
  }

  private static int octet(MemorySegment records, int index, int shift) {
    return (int) (word(records, index) >>> shift) & OCTET;
  }

  private static void octet(MemorySegment records, int index, int shift, int value) {
    long others = word(records, index) & ~((long) OCTET << shift);
    word(records, index, others | (long) value << shift);
  }

  public static long emptySinceMs(MemorySegment records, int index) {
    return records.get(JAVA_LONG, index * BYTES + EMPTY_SINCE_MS);
  }

  public static void emptySinceMs(MemorySegment records, int index, long emptySinceMs) {
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
