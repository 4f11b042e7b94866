package io.conntrack.aggregator.flow;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;

/**
 * One flow as it lies in the {@link FlowTable}: 16 bytes, native byte order.
 *
 * <pre>
 *  offset  size  field
 *       0     8  fingerprint   keyed hash of what tells the flow from others; 0: the slot is empty
 *       8     8  value
 *
 *  bits of the value
 *      63..32  endpoint   index in the EndpointTable; -1: the flow has no state; -2: it is ignored
 *      31..28  tcpState   the kernel's number: 0 none, 1 to 9; no flows are 15, a tombstone, and 14,
 *                         one that has expired
 *      27..23  flags      what OutcomeCounter has counted of it
 *      22..0   epoch      in which the flow was last seen
 * </pre>
 *
 * <p>An entry is a place, not an object: {@code (slots, slot)}. Its one writer is the reader.
 */
public final class FlowEntry {
  static final long BYTES;
  public static final long EMPTY = 0;

  /** The endpoint of a flow that has no state. */
  public static final int NO_ENDPOINT = -1;

  /** The endpoint of a flow whose remote host is ignored. */
  public static final int IGNORED = -2;

  /** Epochs are counted modulo this. With one every second, that is 97 days. */
  public static final int EPOCHS = 1 << 23;

  private static final long FINGERPRINT;
  private static final long VALUE;

  private static final int TOMBSTONE = 15;
  private static final int EXPIRED = 14;
  private static final int STATE_SHIFT = 28;
  private static final int FLAGS_SHIFT = 23;
  private static final int FLAGS = 0x1f;

  static {
    MemoryLayout layout =
        MemoryLayout.structLayout(JAVA_LONG.withName("fingerprint"), JAVA_LONG.withName("value"));
    BYTES = layout.byteSize();
    FINGERPRINT = layout.byteOffset(PathElement.groupElement("fingerprint"));
    VALUE = layout.byteOffset(PathElement.groupElement("value"));
  }

  private FlowEntry() {}

  static long fingerprint(MemorySegment slots, long slot) {
    return slots.get(JAVA_LONG, slot * BYTES + FINGERPRINT);
  }

  static void fingerprint(MemorySegment slots, long slot, long fingerprint) {
    slots.set(JAVA_LONG, slot * BYTES + FINGERPRINT, fingerprint);
  }

  static long value(MemorySegment slots, long slot) {
    return slots.get(JAVA_LONG, slot * BYTES + VALUE);
  }

  static void value(MemorySegment slots, long slot, long value) {
    slots.set(JAVA_LONG, slot * BYTES + VALUE, value);
  }

  public static long valueOf(int endpoint, int tcpState, int epoch) {
    return ((long) endpoint << 32) | ((long) tcpState << STATE_SHIFT) | epoch;
  }

  /** The value of a flow that had no flags, with these. */
  public static long withFlags(long value, int flags) {
    return value | ((long) flags << FLAGS_SHIFT);
  }

  public static long tombstone(int epoch) {
    return valueOf(NO_ENDPOINT, TOMBSTONE, epoch);
  }

  public static boolean isTombstone(long value) {
    return tcpState(value) == TOMBSTONE;
  }

  /** The rest of a flow whose DESTROY is still to come. A mark is in the epoch's place. */
  public static long expired(int endpoint, int mark) {
    return valueOf(endpoint, EXPIRED, mark);
  }

  public static boolean isExpired(long value) {
    return tcpState(value) == EXPIRED;
  }

  /** Whether it is one, and not what is left of one. */
  public static boolean isFlow(long value) {
    return tcpState(value) < EXPIRED;
  }

  public static int endpoint(long value) {
    return (int) (value >> 32);
  }

  public static int tcpState(long value) {
    return (int) value >>> STATE_SHIFT;
  }

  public static int flags(long value) {
    return (int) value >>> FLAGS_SHIFT & FLAGS;
  }

  public static int epoch(long value) {
    return (int) value & (EPOCHS - 1);
  }

  /** Whether two values say the same of a flow, apart from when it was seen. */
  public static boolean sameState(long value, long other) {
    return value >> STATE_SHIFT == other >> STATE_SHIFT;
  }
}
