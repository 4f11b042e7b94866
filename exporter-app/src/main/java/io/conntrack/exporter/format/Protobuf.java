package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Writes fields of protobuf's wire format. */
final class Protobuf {
  /** Wire types: the low three bits of the tag that begins each field. */
  static final int VARINT = 0;

  static final int FIXED_64 = 1;
  static final int LENGTH_DELIMITED = 2;

  private Protobuf() {}

  /** Of a field with a number below 16. */
  static byte tag(int field, int wireType) {
    return (byte) (field << 3 | wireType);
  }

  /** A field with a text in ASCII. */
  static byte[] string(int field, String text) {
    return delimited(field, text.getBytes(US_ASCII));
  }

  /** A field with parts that follow each other. */
  static byte[] delimited(int field, byte[]... parts) {
    int lengthBytes = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer out = ByteBuffer.allocate(delimitedBytes(lengthBytes));
    putDelimited(field, lengthBytes, out);
    for (byte[] part : parts) {
      out.put(part);
    }
    return out.array();
  }

  /** The beginning of a message that is written after its length, with so many bytes to follow. */
  static byte[] head(byte[] description, long restBytes) {
    long lengthBytes = description.length + restBytes;
    ByteBuffer head = ByteBuffer.allocate(varintBytes(lengthBytes) + description.length);
    putVarint(lengthBytes, head);
    return head.put(description).array();
  }

  /** Seven bits a byte, the lowest first; the high bit says that more follow. */
  static void putVarint(long number, ByteBuffer out) {
    long rest = number;
    while ((rest & ~0x7fL) != 0) {
      out.put((byte) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  static int varintBytes(long number) {
    return (Long.SIZE - Long.numberOfLeadingZeros(number | 1) + 6) / 7;
  }

  /** A signed number as a varint that is short for small ones of either sign. */
  static long zigzag(long number) {
    return number << 1 ^ number >> 63;
  }

  /** A field with a number. */
  static void putVarint(int field, long number, ByteBuffer out) {
    out.put(tag(field, VARINT));
    putVarint(number, out);
  }

  static void putDouble(int field, double number, ByteBuffer out) {
    out.put(tag(field, FIXED_64));
    out.putDouble(number);
  }

  /** How much {@link #putTimestamp} writes. */
  static int timestampBytes(long seconds) {
    return delimitedBytes(1 + varintBytes(seconds));
  }

  /** A field with a google.protobuf.Timestamp: 1 seconds since 1970. */
  static void putTimestamp(int field, long seconds, ByteBuffer out) {
    putDelimited(field, 1 + varintBytes(seconds), out);
    putVarint(1, seconds, out);
  }

  /** What comes before the content of a field of so many bytes. */
  static void putDelimited(int field, int lengthBytes, ByteBuffer out) {
    out.put(tag(field, LENGTH_DELIMITED));
    putVarint(lengthBytes, out);
  }

  /** Of a field with its tag and length. */
  static int delimitedBytes(int lengthBytes) {
    return 1 + varintBytes(lengthBytes) + lengthBytes;
  }
}
