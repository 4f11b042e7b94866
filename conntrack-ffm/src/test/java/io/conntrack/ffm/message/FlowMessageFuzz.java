package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes with a netlink header are a flow or are refused: no exception, no read beyond the
 * message, which is an exception here since nothing lies behind it.
 *
 * <p>What {@link MessageCheck} lets pass, libnetfilter_conntrack survives, and writes one line of.
 */
class FlowMessageFuzz {
  private static final int NESTED = 0x8000;
  private static final int PAYLOAD = Netlink.HEADER_BYTES + 4;

  @FuzzTest
  void decode(byte[] message) {
    if (message.length < Netlink.HEADER_BYTES) {
      return; // libmnl passes on no such message
    }
    decodeAlone(message);
    decodeParts(message, PAYLOAD, message.length, List.of());
  }

  private static void decodeAlone(byte[] message) {
    try (Arena arena = Arena.ofConfined();
        EventDetails details = new EventDetails()) {
      MemorySegment memory = RealMessages.inMemory(arena, message);
      nlmsghdr.nlmsg_len(memory, message.length); // as whoever received it has seen to
      MemorySegment record = arena.allocate(FlowRecord.LAYOUT);
      boolean flow = new WireDecoder().decode(memory, 0, message.length, record, 0);
      new LibraryDecoder().decode(memory, 0, message.length, record, 0);
      if (details.read(memory)) {
        assertThat(flow).isTrue();
        details.timeUnixNs();
        assertThat(details.text()).matches("[ -~]+");
      }
    }
  }

  /**
   * Decodes each beginning of the message that ends with an attribute, so that a read beyond that
   * attribute, too, is one beyond the memory.
   */
  private static void decodeParts(byte[] message, int start, int end, List<Integer> enclosing) {
    ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.nativeOrder());
    for (int at = start; end - at >= Integer.BYTES; ) {
      int length = Short.toUnsignedInt(bytes.getShort(at));
      if (length < Integer.BYTES || length > end - at) {
        return;
      }
      decodeAlone(upTo(at + length, message, enclosing));
      if ((bytes.getShort(at + Short.BYTES) & NESTED) != 0) {
        List<Integer> nests = new ArrayList<>(enclosing);
        nests.add(at);
        decodeParts(message, at + Integer.BYTES, at + length, nests);
      }
      at += Netlink.align(length);
    }
  }

  private static byte[] upTo(int end, byte[] message, List<Integer> enclosing) {
    byte[] part = Arrays.copyOf(message, end);
    ByteBuffer bytes = ByteBuffer.wrap(part).order(ByteOrder.nativeOrder());
    enclosing.forEach(nest -> bytes.putShort(nest, (short) (end - nest)));
    return part;
  }
}
