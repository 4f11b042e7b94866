package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the kernel really sends is in {@link DecoderAgreementTest}. */
class FlowExtrasTest {
  private static final String COUNTERS =
      // CTA_COUNTERS_ORIG: 7 packets, 1000 bytes. CTA_COUNTERS_REPLY: 5 packets, 2^33 bytes.
      "1c0009800c00010000000000000000070c00020000000000000003e8"
          + "1c000a800c00010000000000000000050c0002000000000200000000";

  private static final String TIMES = "10001480" + "0c000100" + "18ea51ff60f74001";

  private final Arena arena = Arena.ofConfined();
  private final FlowExtras extras = new FlowExtras();

  @AfterEach
  void close() {
    arena.close();
  }

  private void read(byte[] message) {
    extras.read(RealMessages.inMemory(arena, message), 0, message.length);
  }

  private static byte[] newWith(String attributes) {
    byte[] added = HexFormat.of().parseHex(attributes);
    byte[] whole = Arrays.copyOf(RealMessages.NEW, RealMessages.NEW.length + added.length);
    System.arraycopy(added, 0, whole, RealMessages.NEW.length, added.length);
    return whole;
  }

  @Test
  void countersAndTimes() {
    read(newWith(COUNTERS + TIMES));

    assertThat(extras.hasCounters()).isTrue();
    assertThat(extras.originalPackets()).isEqualTo(7);
    assertThat(extras.originalBytes()).isEqualTo(1000);
    assertThat(extras.replyPackets()).isEqualTo(5);
    assertThat(extras.replyBytes()).isEqualTo(1L << 33);
    assertThat(extras.startUnixNs()).isEqualTo(0x18ea51ff60f74001L);
    assertThat(extras.eventUnixNs()).isEqualTo(0x18ea51ff60f74045L);
  }

  @Test
  void nothingIsLeftOfTheMessageBefore() {
    read(newWith(COUNTERS + TIMES));
    read(Arrays.copyOf(RealMessages.NEW, RealMessages.NEW.length - 12));

    assertThat(extras.hasCounters()).isFalse();
    assertThat(extras.originalPackets()).isZero();
    assertThat(extras.replyBytes()).isZero();
    assertThat(extras.startUnixNs()).isZero();
    assertThat(extras.eventUnixNs()).isZero();
  }

  @Test
  void whatIsCutOffOrTooShortIsNotTold() {
    byte[] whole = newWith(COUNTERS);
    for (int bytes = 20; bytes < whole.length; bytes++) {
      read(Arrays.copyOf(whole, bytes)); // exactly so much memory: a read beyond it throws
    }
    read(newWith("0c000980080001000000000a"));

    assertThat(extras.originalPackets()).isZero();
  }

  @Test
  void whatNoFlowCanHaveCarriedIsNotTold() {
    read(newWith("1c0009800c000100ffffffffffffffff0c00020000000000000003e8"));

    assertThat(extras.originalPackets()).isZero();
    assertThat(extras.originalBytes()).isEqualTo(1000);
  }
}
