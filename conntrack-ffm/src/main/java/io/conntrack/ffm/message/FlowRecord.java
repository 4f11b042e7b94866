package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.IPS_HW_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.IPS_OFFLOAD;
import static io.conntrack.ffm.generated.Netfilter.IPS_SEEN_REPLY;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What one message tells of one flow, as it lies in a {@link FlowBatch}: 88 bytes.
 *
 * <pre>
 *  offset  size  field
 *       0    16  originalSource        address in network order; IPv4 as ::ffff:a.b.c.d
 *      16    16  originalDestination   the same
 *      32    16  replySource           the same
 *      48    16  replyDestination      the same
 *      64     2  originalSourcePort    network order; ICMP: its id
 *      66     2  originalDestinationPort  network order; ICMP: its type, then its code
 *      68     2  replySourcePort       network order; ICMP: 0
 *      70     2  replyDestinationPort  network order; ICMP: 0
 *      72     2  zone                  network order; of the original direction, 0 without one
 *      74     1  family                AF_INET 2, AF_INET6 10
 *      75     1  protocol              IPPROTO_*
 *      76     1  kind                  {@link #NEW}, {@link #UPDATE}, {@link #DESTROY}
 *      77     1  state                 TCP_CONNTRACK_* or SCTP_CONNTRACK_*, or {@link #NO_STATE}
 *      78     2  status                network order; the lower 16 bits of IPS_*, see below; 0: not told
 *      80     4  message               host order; where the message is, see {@code EventSocket.copyMessage}
 *      84     4  timeoutSeconds        network order; until the kernel gives the flow up, 0 if not told
 * </pre>
 *
 * <p>Of the status the bit of IPS_TEMPLATE tells that it was told: a template is in no table.
 *
 * <p>A record is a place, not an object: {@code (records, offset)}. Fields are read by static
 * methods, so that nothing is allocated for an event; an address is read as two longs, its high and
 * its low half.
 */
public final class FlowRecord {
  /** A flow that has just begun. */
  public static final int NEW = 1;

  /** A flow that has changed; also every flow of a dump. */
  public static final int UPDATE = 2;

  /** A flow that has ended. */
  public static final int DESTROY = 3;

  /** The message did not tell the state. This is not TCP_CONNTRACK_NONE, which is 0. */
  public static final int NO_STATE = 0xff;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong UNALIGNED_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort UNALIGNED_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt UNALIGNED_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final MemoryLayout ADDRESS = MemoryLayout.sequenceLayout(2, LONG);

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          ADDRESS.withName("originalSource"),
          ADDRESS.withName("originalDestination"),
          ADDRESS.withName("replySource"),
          ADDRESS.withName("replyDestination"),
          SHORT.withName("originalSourcePort"),
          SHORT.withName("originalDestinationPort"),
          SHORT.withName("replySourcePort"),
          SHORT.withName("replyDestinationPort"),
          SHORT.withName("zone"),
          BYTE.withName("family"),
          BYTE.withName("protocol"),
          BYTE.withName("kind"),
          BYTE.withName("state"),
          SHORT.withName("status"),
          ValueLayout.JAVA_INT.withName("message"),
          INT.withName("timeoutSeconds"));

  static final long BYTES = LAYOUT.byteSize();
  static final long ORIGINAL_SOURCE = offset("originalSource");
  static final long ORIGINAL_DESTINATION = offset("originalDestination");
  static final long REPLY_SOURCE = offset("replySource");
  static final long REPLY_DESTINATION = offset("replyDestination");
  static final long ORIGINAL_SOURCE_PORT = offset("originalSourcePort");
  static final long ORIGINAL_DESTINATION_PORT = offset("originalDestinationPort");
  static final long REPLY_SOURCE_PORT = offset("replySourcePort");
  static final long REPLY_DESTINATION_PORT = offset("replyDestinationPort");
  static final long ZONE = offset("zone");
  static final long FAMILY = offset("family");
  static final long PROTOCOL = offset("protocol");
  static final long KIND = offset("kind");
  static final long STATE = offset("state");
  static final long STATUS = offset("status");
  static final long MESSAGE = offset("message");
  static final long TIMEOUT_SECONDS = offset("timeoutSeconds");

  private static final int IPV4_MAPPED = 0x0000ffff;

  /** IPS_TEMPLATE of linux/netfilter/nf_conntrack_common.h. */
  private static final int STATUS_TOLD = 1 << 11;

  private static final int OFFLOADED = IPS_OFFLOAD() | IPS_HW_OFFLOAD();

  private FlowRecord() {}

  private static long offset(String field) {
    return LAYOUT.byteOffset(PathElement.groupElement(field));
  }

  public static long originalSourceHigh(MemorySegment records, long offset) {
    return records.get(LONG, offset + ORIGINAL_SOURCE);
  }

  public static long originalSourceLow(MemorySegment records, long offset) {
    return records.get(LONG, offset + ORIGINAL_SOURCE + Long.BYTES);
  }

  public static long originalDestinationHigh(MemorySegment records, long offset) {
    return records.get(LONG, offset + ORIGINAL_DESTINATION);
  }

  public static long originalDestinationLow(MemorySegment records, long offset) {
    return records.get(LONG, offset + ORIGINAL_DESTINATION + Long.BYTES);
  }

  public static long replySourceHigh(MemorySegment records, long offset) {
    return records.get(LONG, offset + REPLY_SOURCE);
  }

  public static long replySourceLow(MemorySegment records, long offset) {
    return records.get(LONG, offset + REPLY_SOURCE + Long.BYTES);
  }

  public static long replyDestinationHigh(MemorySegment records, long offset) {
    return records.get(LONG, offset + REPLY_DESTINATION);
  }

  public static long replyDestinationLow(MemorySegment records, long offset) {
    return records.get(LONG, offset + REPLY_DESTINATION + Long.BYTES);
  }

  public static int originalSourcePort(MemorySegment records, long offset) {
    return unsignedShort(records, offset + ORIGINAL_SOURCE_PORT);
  }

  public static int originalDestinationPort(MemorySegment records, long offset) {
    return unsignedShort(records, offset + ORIGINAL_DESTINATION_PORT);
  }

  public static int replySourcePort(MemorySegment records, long offset) {
    return unsignedShort(records, offset + REPLY_SOURCE_PORT);
  }

  public static int replyDestinationPort(MemorySegment records, long offset) {
    return unsignedShort(records, offset + REPLY_DESTINATION_PORT);
  }

  public static int zone(MemorySegment records, long offset) {
    return unsignedShort(records, offset + ZONE);
  }

  public static int family(MemorySegment records, long offset) {
    return unsignedByte(records, offset + FAMILY);
  }

  public static int protocol(MemorySegment records, long offset) {
    return unsignedByte(records, offset + PROTOCOL);
  }

  public static int kind(MemorySegment records, long offset) {
    return unsignedByte(records, offset + KIND);
  }

  /** Of TCP and SCTP; of other protocols it is never told. */
  public static int state(MemorySegment records, long offset) {
    return unsignedByte(records, offset + STATE);
  }

  /** Not above the longest that an int holds, which is 68 years. */
  public static int timeoutSeconds(MemorySegment records, long offset) {
    int seconds = records.get(INT, offset + TIMEOUT_SECONDS);
    return seconds < 0 ? Integer.MAX_VALUE : seconds;
  }

  /** Whether the message told the flow's status: the kernel does so in each. */
  public static boolean hasStatus(MemorySegment records, long offset) {
    return unsignedShort(records, offset + STATUS) != 0;
  }

  /** The bits of {@code enum ip_conntrack_status} that flows have; 0 if they were not told. */
  public static int status(MemorySegment records, long offset) {
    return unsignedShort(records, offset + STATUS) & ~STATUS_TOLD;
  }

  /** Whether a packet has come in the reply direction; with a status only. */
  public static boolean isReplied(MemorySegment records, long offset) {
    return (status(records, offset) & IPS_SEEN_REPLY()) != 0;
  }

  /**
   * Whether a flowtable forwards the flow, in software or hardware, past connection tracking: then
   * what the kernel tells of its state is old, and a dump tells none.
   */
  public static boolean isOffloaded(MemorySegment records, long offset) {
    return (status(records, offset) & OFFLOADED) != 0;
  }

  /** Where the message begins that the record was made of. */
  public static int message(MemorySegment records, long offset) {
    return records.get(ValueLayout.JAVA_INT, offset + MESSAGE);
  }

  public static void message(MemorySegment records, long offset, long message) {
    records.set(ValueLayout.JAVA_INT, offset + MESSAGE, (int) message);
  }

  /** Makes the place a record of which only the state is set: not told. */
  static void clear(MemorySegment records, long offset) {
    for (long at = 0; at < BYTES; at += Long.BYTES) {
      records.set(LONG, offset + at, 0);
    }
    putByte(records, offset + STATE, NO_STATE);
  }

  /** Copies an IPv4 address, four bytes in network order, to an address field. */
  static void copyIpv4(MemorySegment from, long at, MemorySegment records, long field) {
    records.set(LONG, field, 0);
    records.set(INT, field + 8, IPV4_MAPPED);
    records.set(INT, field + 12, from.get(UNALIGNED_INT, at));
  }

  /** Copies an IPv6 address, sixteen bytes in network order, to an address field. */
  static void copyIpv6(MemorySegment from, long at, MemorySegment records, long field) {
    records.set(LONG, field, from.get(UNALIGNED_LONG, at));
    records.set(LONG, field + Long.BYTES, from.get(UNALIGNED_LONG, at + Long.BYTES));
  }

  /** Copies two bytes in network order to a field. */
  static void copyShort(MemorySegment from, long at, MemorySegment records, long field) {
    records.set(SHORT, field, from.get(UNALIGNED_SHORT, at));
  }

  /** Copies four bytes in network order to a field. */
  static void copyInt(MemorySegment from, long at, MemorySegment records, long field) {
    records.set(INT, field, from.get(UNALIGNED_INT, at));
  }

  /** Keeps of the bits of {@code enum ip_conntrack_status} what a record tells. */
  static void putStatus(MemorySegment records, long offset, int status) {
    putShort(records, offset + STATUS, STATUS_TOLD | status);
  }

  static void putInt(MemorySegment records, long field, int value) {
    records.set(INT, field, value);
  }

  static void putShort(MemorySegment records, long field, int value) {
    records.set(SHORT, field, (short) value);
  }

  static void putByte(MemorySegment records, long field, int value) {
    records.set(BYTE, field, (byte) value);
  }

  private static int unsignedShort(MemorySegment records, long field) {
    return Short.toUnsignedInt(records.get(SHORT, field));
  }

  private static int unsignedByte(MemorySegment records, long field) {
    return Byte.toUnsignedInt(records.get(BYTE, field));
  }
}
