package io.conntrack.ffm.message;

import static io.conntrack.ffm.generated.Netfilter.NLMSG_DONE;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_ERROR;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_MIN_TYPE;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_NOOP;

import io.conntrack.ffm.generated.nlattr;
import io.conntrack.ffm.generated.nlmsghdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The shape of a netlink message: a header, then attributes, each a length, a type and a payload,
 * padded to four bytes (netlink(7)).
 *
 * <pre>
 *  header   offset  size  field                attribute  offset  size  field
 *                0     4  length, header too                   0     2  length, header too
 *                4     2  type                                 2     2  type, two high bits are flags
 *                6     2  flags                                4     n  payload
 *                8     4  sequence
 *               12     4  port id
 * </pre>
 *
 * <p>Headers are in host order, the payloads read here in network order. Static reads at {@code
 * (messages, offset)}: an object for each message would be garbage for each event. An offset
 * outside the segment is an IndexOutOfBoundsException. Attributes are walked like this:
 *
 * <pre>{@code
 * for (long at = start; Netlink.hasAttribute(at, end); at = Netlink.next(messages, at)) {
 *   if (!Netlink.fits(messages, at, end, 0)) {
 *     return MALFORMED;
 *   }
 *   ...
 * }
 * }</pre>
 */
public final class Netlink {
  public static final int HEADER_BYTES = (int) nlmsghdr.sizeof();
  private static final int ATTRIBUTE_HEADER_BYTES = (int) nlattr.sizeof();

  /** Without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  private static final int ATTRIBUTE_TYPE_MASK = 0x3fff;

  /** NLM_F_DUMP_INTR of linux/netlink.h: libmnl ends its walk at a message that has it. */
  public static final int DUMP_INTERRUPTED = 0x10;

  private static final ValueLayout.OfShort HOST_SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt HOST_INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong HOST_LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfShort NETWORK_SHORT =
      HOST_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NETWORK_INT = HOST_INT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong NETWORK_LONG = HOST_LONG.withOrder(ByteOrder.BIG_ENDIAN);

  /** The two flags of the type are left out. */
  private static final int HEADER_MASK = attributeHeader(0xffff, ATTRIBUTE_TYPE_MASK);

  private Netlink() {}

  public static int align(int bytes) {
    return (bytes + 3) & ~3;
  }

  public static int lengthBytes(MemorySegment messages, long message) {
    return messages.get(HOST_INT, message);
  }

  public static int type(MemorySegment messages, long message) {
    return Short.toUnsignedInt(messages.get(HOST_SHORT, message + 4));
  }

  public static int flags(MemorySegment messages, long message) {
    return Short.toUnsignedInt(messages.get(HOST_SHORT, message + 6));
  }

  /**
   * Takes back, in the messages of the first {@code end} bytes, that their dump was interrupted.
   */
  public static void clearInterrupted(MemorySegment messages, long end) {
    long message = 0;
    while (end - message >= HEADER_BYTES) {
      int bytes = lengthBytes(messages, message);
      if (bytes < HEADER_BYTES || bytes > end - message) {
        return; // the walk finds that, too
      }
      int flags = flags(messages, message) & ~DUMP_INTERRUPTED;
      messages.set(HOST_SHORT, message + 6, (short) flags);
      message += align(bytes);
    }
  }

  /** Both as one number, to be compared with another message's. */
  static long sequenceAndPortId(MemorySegment messages, long message) {
    return messages.get(HOST_LONG, message + 8);
  }

  /** Whether it is one without content, which nobody has to look at: see {@link #putEmpty}. */
  static boolean isEmpty(MemorySegment messages, long message) {
    return type(messages, message) == NLMSG_NOOP();
  }

  /** Whether it is neither about the conversation itself nor part of another, nor interrupted. */
  static boolean isPlain(MemorySegment messages, long message, long sequenceAndPortId) {
    return type(messages, message) >= NLMSG_MIN_TYPE()
        && sequenceAndPortId(messages, message) == sequenceAndPortId
        && (flags(messages, message) & DUMP_INTERRUPTED) == 0;
  }

  /** Whether it ends an answer: NLMSG_DONE or NLMSG_ERROR. */
  public static boolean endsAnswer(MemorySegment messages, long message) {
    int type = type(messages, message);
    return type == NLMSG_DONE() || type == NLMSG_ERROR();
  }

  /**
   * With which errno a message that {@link #endsAnswer} refuses the request or ends the dump, or 0:
   * both begin with an error number, 0 or negative.
   */
  public static int refusal(MemorySegment messages, long message) {
    return lengthBytes(messages, message) >= HEADER_BYTES + Integer.BYTES
        ? -hostInt(messages, message + HEADER_BYTES)
        : 0;
  }

  /** Whether an attribute can begin at {@code attribute} of what ends at {@code end}. */
  public static boolean hasAttribute(long attribute, long end) {
    return end - attribute >= ATTRIBUTE_HEADER_BYTES;
  }

  /** Whether the attribute's length covers its header and {@code payloadBytes}, and ends by end. */
  public static boolean fits(MemorySegment messages, long attribute, long end, int payloadBytes) {
    int bytes = attributeBytes(messages, attribute);
    return bytes >= ATTRIBUTE_HEADER_BYTES + payloadBytes && bytes <= end - attribute;
  }

  /** Where the attribute after this one begins: further on, if this one {@link #fits}. */
  public static long next(MemorySegment messages, long attribute) {
    return attribute + align(attributeBytes(messages, attribute));
  }

  /**
   * Where the first attribute of this type begins, in what lies between start and end, or end if
   * there is none. Its length fits.
   */
  public static long find(MemorySegment messages, long start, long end, int type) {
    for (long at = start; hasAttribute(at, end) && fits(messages, at, end, 0); ) {
      if (attributeType(messages, at) == type) {
        return at;
      }
      at = next(messages, at);
    }
    return end;
  }

  public static long payload(long attribute) {
    return attribute + ATTRIBUTE_HEADER_BYTES;
  }

  public static long end(MemorySegment messages, long attribute) {
    return attribute + attributeBytes(messages, attribute);
  }

  private static int attributeBytes(MemorySegment messages, long attribute) {
    return Short.toUnsignedInt(messages.get(HOST_SHORT, attribute));
  }

  /** Writes the header of a message without content, which nobody has to look at. */
  public static void putEmpty(MemorySegment messages, long message, int lengthBytes) {
    messages.set(HOST_INT, message, lengthBytes);
    messages.set(HOST_SHORT, message + 4, (short) NLMSG_NOOP());
    messages.set(HOST_SHORT, message + 6, (short) 0);
    messages.set(HOST_INT, message + 8, 0);
    messages.set(HOST_INT, message + 12, 0);
  }

  public static int attributeType(MemorySegment messages, long attribute) {
    return messages.get(HOST_SHORT, attribute + 2) & ATTRIBUTE_TYPE_MASK;
  }

  /**
   * Length and type of an attribute together, to be compared with what {@link #attributeHeader(int,
   * int)} says.
   */
  static int attributeHeader(MemorySegment messages, long attribute) {
    return messages.get(HOST_INT, attribute) & HEADER_MASK;
  }

  /** The header of an attribute of so many bytes. */
  static int attributeHeader(int lengthBytes, int type) {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
        ? type << Short.SIZE | lengthBytes
        : lengthBytes << Short.SIZE | type;
  }

  public static int unsignedByte(MemorySegment messages, long at) {
    return Byte.toUnsignedInt(messages.get(ValueLayout.JAVA_BYTE, at));
  }

  public static int networkShort(MemorySegment messages, long at) {
    return Short.toUnsignedInt(messages.get(NETWORK_SHORT, at));
  }

  public static int networkInt(MemorySegment messages, long at) {
    return messages.get(NETWORK_INT, at);
  }

  static long networkLong(MemorySegment messages, long at) {
    return messages.get(NETWORK_LONG, at);
  }

  static int hostInt(MemorySegment messages, long at) {
    return messages.get(HOST_INT, at);
  }
}
