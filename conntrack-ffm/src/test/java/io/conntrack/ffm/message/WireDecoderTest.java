package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireDecoderTest {
  private static final long LOOPBACK = 0x0000ffff_7f000001L;
  private static final int NEW_STATE_OFFSET = 0xa0;
  private static final int STATUS_FROM_END = 72;
  private static final int ORIGINAL_TUPLE = Netlink.HEADER_BYTES + 4;
  private static final int REPLY_TUPLE = ORIGINAL_TUPLE + 52;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment record = arena.allocate(FlowRecord.LAYOUT);

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void aNewConnectionIsDecodedWithBothTuplesAndItsState() {
    assertThat(decode(RealMessages.NEW)).isTrue();

    assertThat(FlowRecord.kind(record, 0)).isEqualTo(FlowRecord.NEW);
    assertThat(FlowRecord.family(record, 0)).isEqualTo(2);
    assertThat(FlowRecord.protocol(record, 0)).isEqualTo(6);
    assertThat(FlowRecord.state(record, 0)).isEqualTo(1);
    assertThat(FlowRecord.zone(record, 0)).isZero();
    assertThat(FlowRecord.originalSourceHigh(record, 0)).isZero();
    assertThat(FlowRecord.originalSourceLow(record, 0)).isEqualTo(LOOPBACK);
    assertThat(FlowRecord.originalDestinationLow(record, 0)).isEqualTo(LOOPBACK);
    assertThat(FlowRecord.replySourceLow(record, 0)).isEqualTo(LOOPBACK);
    assertThat(FlowRecord.replyDestinationLow(record, 0)).isEqualTo(LOOPBACK);
    assertThat(FlowRecord.originalSourcePort(record, 0)).isEqualTo(43772);
    assertThat(FlowRecord.originalDestinationPort(record, 0)).isEqualTo(5000);
    assertThat(FlowRecord.replySourcePort(record, 0)).isEqualTo(5000);
    assertThat(FlowRecord.replyDestinationPort(record, 0)).isEqualTo(43772);
  }

  @ParameterizedTest
  @CsvSource({"8, 8, 8, the addresses", "4, 20, 28, addresses and ports", "36, 8, 8, the ports"})
  void theOrderInATupleDoesNotMatter(int at, int firstBytes, int secondBytes, String swapped) {
    assertThat(decode(RealMessages.NEW)).isTrue();
    byte[] usual = record.toArray(ValueLayout.JAVA_BYTE);
    for (int tuple : new int[] {ORIGINAL_TUPLE, REPLY_TUPLE}) {
      byte[] message = RealMessages.NEW.clone();
      int first = tuple + at;
      System.arraycopy(RealMessages.NEW, first + firstBytes, message, first, secondBytes);
      System.arraycopy(RealMessages.NEW, first, message, first + secondBytes, firstBytes);
      assertThat(message).isNotEqualTo(RealMessages.NEW);

      assertThat(decode(message)).isTrue();
      assertThat(record.toArray(ValueLayout.JAVA_BYTE)).as(swapped).isEqualTo(usual);
    }
  }

  @Test
  void aStateThatIsNotToldIsNotTheStateNone() {
    assertThat(decode(RealMessages.UPDATE_WITHOUT_STATE)).isTrue();
    assertThat(FlowRecord.kind(record, 0)).isEqualTo(FlowRecord.UPDATE);
    assertThat(FlowRecord.state(record, 0)).isEqualTo(FlowRecord.NO_STATE);

    byte[] none = RealMessages.NEW.clone();
    none[NEW_STATE_OFFSET] = 0;
    assertThat(decode(none)).isTrue();
    assertThat(FlowRecord.state(record, 0)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0, false", "0x4000, true", "0x8000, true", "0xc000, true", "0x3fff, false"})
  void bothDecodersSeeThatAFlowtableHasAFlow(String bits, boolean offloaded) {
    byte[] message = RealMessages.NEW.clone();
    ByteBuffer.wrap(message).putInt(message.length - STATUS_FROM_END, Integer.decode(bits));
    MemorySegment memory = RealMessages.inMemory(arena, message);
    for (FlowDecoder decoder : List.of(new WireDecoder(), new LibraryDecoder())) {
      assertThat(decoder.decode(memory, 0, message.length, record, 0)).isTrue();
      assertThat(FlowRecord.hasStatus(record, 0)).isTrue();
      assertThat(FlowRecord.isOffloaded(record, 0)).isEqualTo(offloaded);
      assertThat(FlowRecord.isReplied(record, 0)).isEqualTo(bits.equals("0x3fff"));
      int ofTemplate = 1 << 11;
      assertThat(FlowRecord.status(record, 0)).isEqualTo(Integer.decode(bits) & ~ofTemplate);
    }
  }

  @Test
  void aMessageThatIsCutOffAnywhereBeforeItsStateEndsIsRefusedOrHasNoState() {
    for (int length = 0; length <= NEW_STATE_OFFSET; length++) {
      if (decode(Arrays.copyOf(RealMessages.NEW, length))) {
        assertThat(FlowRecord.state(record, 0)).isEqualTo(FlowRecord.NO_STATE);
        assertThat(FlowRecord.replyDestinationPort(record, 0)).isEqualTo(43772);
      }
    }
  }

  @Test
  void noByteOfAMessageMakesTheDecoderReadBeyondItsEnd() {
    int refused = 0;
    for (int at = 0; at < RealMessages.NEW.length; at++) {
      for (int value = 0; value < 256; value++) {
        byte[] changed = RealMessages.NEW.clone();
        changed[at] = (byte) value;
        refused += decode(changed) ? 0 : 1;
      }
    }
    assertThat(refused).isPositive();
  }

  /**
   * A read beyond the message is an IndexOutOfBoundsException here, since nothing lies behind it.
   */
  private boolean decode(byte[] message) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(scratch, message);
      return new WireDecoder().decode(memory, 0, message.length, record, 0);
    }
  }
}
