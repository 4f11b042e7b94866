package io.conntrack.testbed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/** Events of one real connection, 127.0.0.1:43772 to 127.0.0.1:5000, as Linux 6.18 sent them. */
public final class RealMessages {
  private static final String TUPLES =
      "3400018014000180080001007f000001080002007f0000011c000280050001000600000006000200aafc0000060003"
          + "00138800003400028014000180080001007f000001080002007f0000011c000280050001000600000006000200"
          + "1388000006000300aafc0000";

  /** NEW, SYN_SENT. */
  public static final byte[] NEW =
      HexFormat.of()
          .parseHex(
              "d000000000010006000000000000000002000000"
                  + TUPLES
                  + "08000c00589d243408000300000000080800070000000078300004802c00018005000100010000000500"
                  + "02000a0000000500030000000000060004000300000006000500000000000c001b0018ea51ff60f74045");

  /** UPDATE of the mark alone: no CTA_PROTOINFO. */
  public static final byte[] UPDATE_WITHOUT_STATE =
      HexFormat.of()
          .parseHex(
              "a800000000010000000000000000000002000000"
                  + TUPLES
                  + "08000c00589d2434080003000000000e080007000000012c08000800000000030c001b0018ea51ff60f8"
                  + "f554");

  /** NEW as no kernel sends it: with CTA_USE of two bytes instead of four. */
  public static final byte[] NEW_WITH_SHORT_USE = with(NEW, "06000b0000010000");

  private RealMessages() {}

  private static byte[] with(byte[] message, String attribute) {
    byte[] added = HexFormat.of().parseHex(attribute);
    byte[] whole = Arrays.copyOf(message, message.length + added.length);
    System.arraycopy(added, 0, whole, message.length, added.length);
    whole[0] = (byte) whole.length; // the length in host order; it is less than 256
    return whole;
  }

  /** Native memory of exactly the message, so that a read beyond its end is an exception. */
  public static MemorySegment inMemory(Arena arena, byte[] message) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
  }
}
