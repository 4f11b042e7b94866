package io.conntrack.ffm.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What passes is given to libnetfilter_conntrack in this process: if one of these messages ended
 * it, no test would be left to say so.
 */
class MessageCheckTest {
  private static final int TYPES = 32;
  private static final int LENGTHS = 24;
  private static final int NETLINK_HEADER_BYTES = 16;
  private static final int ATTRIBUTE_HEADER_BYTES = 4;

  /** Types of attributes: linux/netfilter/nfnetlink_conntrack.h. */
  private static final int TUPLE_ORIGINAL = 1;

  private static final int TUPLE_REPLY = 2;
  private static final int TUPLE_MASTER = 14;
  private static final int ADDRESSES = 1;
  private static final int PROTOCOL = 2;
  private static final int STATUS = 3;
  private static final int PROTOCOL_INFO = 4;
  private static final int TCP = 1;
  private static final int DCCP = 2;
  private static final int SCTP = 3;
  private static final int HELPER = 5;
  private static final int COUNTERS = 9;
  private static final int SEQUENCE_ADJUSTMENT = 15;
  private static final int SECURITY_CONTEXT = 19;
  private static final int TIMESTAMPS = 20;
  private static final int SYNPROXY = 24;

  /** Types of attributes that enclose others, from the outermost on; first the message itself. */
  static Stream<List<Integer>> nests() {
    return Stream.of(
        List.of(),
        List.of(TUPLE_ORIGINAL),
        List.of(TUPLE_ORIGINAL, ADDRESSES),
        List.of(TUPLE_ORIGINAL, PROTOCOL),
        List.of(TUPLE_REPLY, ADDRESSES),
        List.of(TUPLE_REPLY, PROTOCOL),
        List.of(TUPLE_MASTER),
        List.of(TUPLE_MASTER, ADDRESSES),
        List.of(TUPLE_MASTER, PROTOCOL),
        List.of(PROTOCOL_INFO),
        List.of(PROTOCOL_INFO, TCP),
        List.of(PROTOCOL_INFO, DCCP),
        List.of(PROTOCOL_INFO, SCTP),
        List.of(HELPER),
        List.of(COUNTERS),
        List.of(SEQUENCE_ADJUSTMENT),
        List.of(SECURITY_CONTEXT),
        List.of(TIMESTAMPS),
        List.of(SYNPROXY));
  }

  @ParameterizedTest
  @MethodSource("nests")
  void anAttributeOfAnyTypeAndLengthIsRefusedOrTheLibrarySurvivesIt(List<Integer> nest) {
    int passed = 0;
    for (int type = 0; type < TYPES; type++) {
      for (int length = 0; length < LENGTHS; length++) {
        for (int content : new int[] {0, 'a', 0xff}) {
          byte[] payload = new byte[length];
          Arrays.fill(payload, (byte) content);
          passed += survives(within(nest, attribute(type, payload))) ? 1 : 0;
        }
      }
    }
    int all = TYPES * LENGTHS * 3;
    assertThat(passed).isBetween(all / 3, all - 1);
  }

  @Test
  void everyStateOfEveryProtocolIsWritten() {
    for (int protocol = TCP; protocol <= SCTP; protocol++) {
      for (int state = 0; state <= 0xff; state++) {
        byte[] info = within(List.of(PROTOCOL_INFO, protocol), attribute(1, (byte) state));
        assertThat(survives(info)).as("protocol %d state %d", protocol, state).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {HELPER, SECURITY_CONTEXT})
  void aNameHasAnEndAndIsOneLine(int nest) {
    assertThat(survives(named(nest, "ftp\0"))).isTrue();
    assertThat(survives(named(nest, "ftp"))).isFalse();
    assertThat(survives(named(nest, "f\np\0"))).isFalse();
  }

  private static byte[] named(int nest, String name) {
    return within(List.of(nest), attribute(1, name.getBytes(US_ASCII)));
  }

  @Test
  void aFamilyThatTheLibraryDoesNotKnowIsRefused() {
    for (int family = 0; family <= 0xff; family++) {
      byte[] message = RealMessages.NEW.clone();
      message[NETLINK_HEADER_BYTES] = (byte) family;
      assertThat(survives(message)).isEqualTo(family == 2 || family == 10);
    }
  }

  @Test
  void aMessageThatSaysItIsLongerThanItIsIsRefused() {
    byte[] message = RealMessages.NEW.clone();
    message[0]++;
    assertThat(survives(message)).isFalse();
    assertThat(survives(Arrays.copyOf(message, NETLINK_HEADER_BYTES))).isFalse();
  }

  @Test
  void anAttributeThatDoesNotFitIsRefused() {
    byte[] message = within(List.of(), attribute(STATUS, new byte[4]));
    assertThat(survives(message)).isTrue();
    message[message.length - 8] = 9;
    assertThat(survives(message)).isFalse();
    message[message.length - 8] = 3;
    assertThat(survives(message)).isFalse();
  }

  /** Whether the check lets it pass; then the library parses it and writes its text. */
  private static boolean survives(byte[] message) {
    try (Arena arena = Arena.ofConfined();
        EventDetails details = new EventDetails()) {
      MemorySegment memory = RealMessages.inMemory(arena, message);
      MemorySegment record = arena.allocate(FlowRecord.LAYOUT);
      boolean passes = MessageCheck.passes(memory);
      assertThat(new LibraryDecoder().decode(memory, 0, message.length, record, 0))
          .isEqualTo(passes);
      if (details.read(memory)) {
        assertThat(passes).isTrue();
        assertThat(details.text()).matches("[ -~]+");
      }
      return passes;
    }
  }

  /** A real event with the attribute behind its own, within attributes of the nest's types. */
  private static byte[] within(List<Integer> nest, byte[] attribute) {
    byte[] added = attribute;
    for (int type : nest.reversed()) {
      added = attribute(type, added);
    }
    byte[] message = Arrays.copyOf(RealMessages.NEW, RealMessages.NEW.length + added.length);
    System.arraycopy(added, 0, message, RealMessages.NEW.length, added.length);
    ByteBuffer.wrap(message).order(ByteOrder.nativeOrder()).putInt(0, message.length);
    return message;
  }

  private static byte[] attribute(int type, byte... payload) {
    int length = ATTRIBUTE_HEADER_BYTES + payload.length;
    return ByteBuffer.allocate(Netlink.align(length))
        .order(ByteOrder.nativeOrder())
        .putShort((short) length)
        .putShort((short) type)
        .put(payload)
        .array();
  }
}
