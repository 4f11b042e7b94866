package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.RealMessages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The messages that {@code CorpusRecorder} recorded are what their names say. Needs no kernel. */
class RecordedMessagesTest {
  private static final Path MESSAGES =
      Path.of("src/test/resources/io/conntrack/ffm/message/FlowMessageFuzzInputs/decode");
  private static final Pattern RECORDED = Pattern.compile("(new|dump|update|destroy)-.*");

  private static List<Path> messages() throws IOException {
    try (Stream<Path> files = Files.list(MESSAGES)) {
      return files
          .filter(file -> RECORDED.matcher(file.getFileName().toString()).matches())
          .toList();
    }
  }

  @Test
  void thereAreDozensOfThem() throws IOException {
    assertThat(messages()).hasSizeGreaterThan(48);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void theEventLogCanTellOfIt(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined();
        EventDetails details = new EventDetails()) {
      MemorySegment memory = RealMessages.inMemory(arena, Files.readAllBytes(file));

      assertThat(MessageCheck.passes(memory)).isTrue();
      assertThat(details.read(memory)).isTrue();
      assertThat(details.text()).startsWith(isIpv4(file) ? "ipv4     2 " : "ipv6     10 ");
    }
  }

  private static boolean isIpv4(Path file) {
    return file.getFileName().toString().matches(".*[a-z]4.*");
  }

  @ParameterizedTest
  @MethodSource("messages")
  void bothDecodersMakeTheSameRecordOfIt(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      byte[] message = Files.readAllBytes(file);
      MemorySegment memory = RealMessages.inMemory(arena, message);
      MemorySegment wire = arena.allocate(FlowRecord.LAYOUT);
      MemorySegment library = arena.allocate(FlowRecord.LAYOUT);

      assertThat(new WireDecoder().decode(memory, 0, message.length, wire, 0)).isTrue();
      assertThat(new LibraryDecoder().decode(memory, 0, message.length, library, 0)).isTrue();

      assertThat(wire.toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(library.toArray(ValueLayout.JAVA_BYTE));
      String name = file.getFileName().toString();
      assertThat(FlowRecord.family(wire, 0)).isEqualTo(isIpv4(file) ? 2 : 10);
      assertThat(FlowRecord.kind(wire, 0))
          .isEqualTo(
              switch (name.substring(0, name.indexOf('-'))) {
                case "new" -> FlowRecord.NEW;
                case "destroy" -> FlowRecord.DESTROY;
                default -> FlowRecord.UPDATE;
              });
    }
  }
}
