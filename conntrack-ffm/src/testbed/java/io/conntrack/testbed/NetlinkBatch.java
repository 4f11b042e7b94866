package io.conntrack.testbed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Netlink messages one after the other in native memory, to be sent as one datagram. Headers are in
 * the machine's byte order, numbers in attributes in network order, as netfilter wants them.
 *
 * <pre>
 *  offset  size  field of a message
 *       0     4  length, header included
 *       4     2  type
 *       6     2  flags
 *       8     4  sequence number
 *      12     4  port id, 0
 *      16        attributes: length (2), type (2), payload, padded to 4
 * </pre>
 *
 * One thread at a time. The memory belongs to the arena.
 */
final class NetlinkBatch {
  static final int FLAG_REQUEST = 0x1;
  static final int FLAG_ACK = 0x4;

  private static final int FLAGS_OFFSET = 6;
  private static final int ATTRIBUTE_HEADER_BYTES = 4;
  private static final int NESTED = 0x8000;

  private final MemorySegment memory;
  private final ByteBuffer bytes;
  private int messageStart;

  NetlinkBatch(Arena arena, int capacityBytes) {
    memory = arena.allocate(capacityBytes, Integer.BYTES);
    bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  int remainingBytes() {
    return bytes.remaining();
  }

  void clear() {
    bytes.clear();
  }

  /** The messages so far; what is written later does not show. */
  MemorySegment contents() {
    return memory.asSlice(0, bytes.position());
  }

  /** Starts a message; ends with {@link #endMessage}. */
  void beginMessage(int type, int flags, int sequence) {
    messageStart = bytes.position();
    bytes.putInt(0).putShort((short) type).putShort((short) (flags | FLAG_REQUEST));
    bytes.putInt(sequence).putInt(0);
  }

  void endMessage() {
    bytes.putInt(messageStart, bytes.position() - messageStart);
  }

  /** Asks the kernel to answer the message that was ended last, even if it succeeds. */
  void requestAck() {
    int flagsAt = messageStart + FLAGS_OFFSET;
    bytes.putShort(flagsAt, (short) (bytes.getShort(flagsAt) | FLAG_ACK));
  }

  /** The header of a netfilter message, {@code struct nfgenmsg}. */
  void putFamily(int family) {
    bytes.put((byte) family).put((byte) 0).putShort((short) 0);
  }

  /** Starts an attribute that holds attributes; returns what {@link #endNest} wants. */
  int beginNest(int type) {
    int start = bytes.position();
    bytes.putShort((short) 0).putShort((short) (type | NESTED));
    return start;
  }

  void endNest(int start) {
    bytes.putShort(start, (short) (bytes.position() - start));
  }

  void putByte(int type, int value) {
    beginAttribute(type, Byte.BYTES);
    bytes.put((byte) value).put((byte) 0).putShort((short) 0);
  }

  void putShort(int type, int value) {
    beginAttribute(type, Short.BYTES);
    bytes.put((byte) (value >> 8)).put((byte) value).putShort((short) 0);
  }

  void putInt(int type, int value) {
    beginAttribute(type, Integer.BYTES);
    bytes.putInt(bytes.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value));
  }

  /** An address: 4 or 16 octets, which need no padding. */
  void putAddress(int type, byte[] octets) {
    beginAttribute(type, octets.length);
    bytes.put(octets);
  }

  private void beginAttribute(int type, int payloadBytes) {
    bytes.putShort((short) (ATTRIBUTE_HEADER_BYTES + payloadBytes)).putShort((short) type);
  }
}
