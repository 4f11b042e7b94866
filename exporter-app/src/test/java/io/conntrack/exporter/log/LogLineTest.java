package io.conntrack.exporter.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.conntrack.exporter.terms.LogFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tinylog.Level;

class LogLineTest {
  private static String line(LogFormat format, Level level, String message, Throwable fault) {
    return LogLine.of(format, Instant.EPOCH.plusNanos(999_999), level, message, fault);
  }

  /** As a reader of JSON understands a line. */
  private static Map<String, String> fields(String line) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(line)) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        fields.put(name, parser.nextTextValue());
      }
      assertThat(parser.nextToken()).isNull();
    }
    return fields;
  }

  @ParameterizedTest
  @CsvSource({"'a\nb', a\\u000ab", "'\u001b[31mred', \\u001b[31mred", "'ü \u2028', ü \\u2028"})
  void whatCouldForgeALineIsEscaped(String message, String escaped) {
    assertThat(line(LogFormat.TEXT, Level.INFO, message, null))
        .isEqualTo("1970-01-01T00:00:00.000Z INFO  " + escaped + "\n");
    assertThat(line(LogFormat.JOURNAL, Level.INFO, message, null))
        .isEqualTo("<6>" + escaped + "\n");
  }

  @Test
  void aFaultIsToldWithItsStackAndItsCause() {
    Throwable fault = new IllegalStateException("of\nours", new IOException("gone"));
    assertThat(line(LogFormat.TEXT, Level.ERROR, "The reader failed", fault).lines())
        .startsWith(
            "1970-01-01T00:00:00.000Z ERROR The reader failed: java.lang.IllegalStateException:"
                + " of\\u000aours")
        .anyMatch(line -> line.startsWith("\tat "))
        .contains("Caused by: java.io.IOException: gone");
    assertThat(line(LogFormat.JOURNAL, Level.ERROR, "The reader failed", fault).lines())
        .allMatch(line -> line.startsWith("<3>"))
        .contains("<3>Caused by: java.io.IOException: gone");
  }

  @ParameterizedTest
  @CsvSource({"DEBUG, 7", "INFO, 6", "WARN, 4", "ERROR, 3"})
  void theJournalTakesThePriorityFromTheBeginning(Level level, int priority) {
    assertThat(line(LogFormat.JOURNAL, level, "told", null)).isEqualTo("<" + priority + ">told\n");
  }

  @Test
  void jsonIsOneObjectALine() {
    assertThat(line(LogFormat.JSON, Level.WARN, "told", null))
        .isEqualTo("{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"warn\",\"msg\":\"told\"}\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"quoted\" \\ back",
        "a\r\n\tb\0",
        "\u001b[31mred \u007f\u009b",
        "\u2028 ü \ud83d\ude00",
        ""
      })
  void jsonHoldsWhateverIsTold(String message) throws IOException {
    String line = line(LogFormat.JSON, Level.INFO, message, null);
    assertThat(line.chars().filter(Character::isISOControl))
        .as("the end")
        .containsExactly((int) '\n');
    assertThat(fields(line))
        .isEqualTo(Map.of("ts", "1970-01-01T00:00:00.000Z", "level", "info", "msg", message));
  }

  @Test
  void aFaultInJsonIsOneField() throws IOException {
    Throwable fault = new IllegalStateException("of \"ours\"", new IOException("gone"));
    String line = line(LogFormat.JSON, Level.ERROR, "The reader failed", fault);
    assertThat(line.lines()).hasSize(1);
    assertThat(fields(line)).containsEntry("msg", "The reader failed").containsKey("stack");
    assertThat(fields(line).get("stack").lines())
        .startsWith("java.lang.IllegalStateException: of \"ours\"")
        .contains("Caused by: java.io.IOException: gone");
    assertThat(fields(line(LogFormat.JSON, Level.ERROR, null, fault)))
        .containsEntry("msg", "java.lang.IllegalStateException: of \"ours\"");
  }

  @Test
  void theJournalIsKnownByDeviceAndInode(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("stream"));
    Map<String, Object> is = Files.readAttributes(file, "unix:dev,ino");
    String told = is.get("dev") + ":" + is.get("ino");
    assertThat(LogLine.leadsToJournal(file, told)).isTrue();
    assertThat(LogLine.leadsToJournal(file, told + "0")).isFalse();
    assertThat(LogLine.leadsToJournal(file, null)).isFalse();
    assertThat(LogLine.leadsToJournal(folder.resolve("absent"), told)).isFalse();
  }
}
