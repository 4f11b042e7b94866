package io.conntrack.benchmarks;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * NEW events of as many TCP connections, in native memory, in slots as a batch has them: copies of
 * a real message in which the client's port and the server's address differ.
 */
final class Messages {
  /** More than the first-level cache holds, fewer than the second. */
  static final int COUNT = 1024;

  static final int BYTES = RealMessages.NEW.length;
  private static final long STRIDE_BYTES = 2112;
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** Where a message has the original and the reply tuple's halves. */
  private static final int ORIGINAL_DESTINATION = 0x28;

  private static final int REPLY_SOURCE = 0x54;
  private static final int ORIGINAL_SOURCE_PORT = 0x3c;
  private static final int REPLY_DESTINATION_PORT = 0x78;

  final MemorySegment memory;

  Messages(Arena arena) {
    memory = arena.allocate(COUNT * STRIDE_BYTES, Long.BYTES);
    for (int i = 0; i < COUNT; i++) {
      MemorySegment message = memory.asSlice(offset(i), BYTES);
      message.copyFrom(MemorySegment.ofArray(RealMessages.NEW));
      for (int address : new int[] {ORIGINAL_DESTINATION, REPLY_SOURCE}) {
        message.set(ValueLayout.JAVA_BYTE, address + 3, (byte) i); // 256 servers
      }
      for (int port : new int[] {ORIGINAL_SOURCE_PORT, REPLY_DESTINATION_PORT}) {
        message.set(PORT, port, (short) (10_000 + i));
      }
    }
  }

  long offset(int message) {
    return message * STRIDE_BYTES;
  }
}
