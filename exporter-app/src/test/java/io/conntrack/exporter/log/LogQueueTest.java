package io.conntrack.exporter.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinylog.Level;

class LogQueueTest {
  private static final String LINE = "x".repeat(99) + "\n";

  @Test
  @Timeout(30)
  void whoAddsALineWaitsForNobodyAndWhatWasDroppedIsCountedAndTold() throws Exception {
    PipedInputStream reader = new PipedInputStream(1_000);
    LogQueue queue = new LogQueue(new PipedOutputStream(reader));
    long beganNs = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      queue.add(LINE);
    }
    queue.close();
    assertThat(Duration.ofNanos(System.nanoTime() - beganNs)).isLessThan(Duration.ofSeconds(5));
    long dropped = queue.dropped();
    assertThat(dropped).isBetween(10_000L - 256 * 1024 / 100 - 20, 10_000L - 1);

    StringBuilder read = new StringBuilder();
    String told = dropped + " lines were not logged here, since nobody read standard error\n";
    byte[] bytes = new byte[1_000];
    while (read.indexOf(told) < 0) {
      read.append(new String(bytes, 0, reader.read(bytes), StandardCharsets.UTF_8));
    }
    assertThat(
            read.substring(0, read.lastIndexOf("\n")).lines().filter(line -> line.startsWith("x")))
        .allMatch(line -> line.length() == 99);
    assertThat(queue.dropped()).isEqualTo(dropped);
  }

  @Test
  void whenItIsClosedAllIsWritten() {
    StringBuilder written = new StringBuilder();
    LogQueue queue = new LogQueue(new Slow(written));
    for (int i = 0; i < 10; i++) {
      queue.add(LINE);
    }
    queue.close();
    assertThat(written.toString()).isEqualTo(LINE.repeat(10));
    assertThat(queue.dropped()).isZero();
  }

  @Test
  void aStreamThatFailsIsCountedAndEndsNothing() {
    LogQueue queue =
        new LogQueue(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("closed");
              }
            });
    queue.add(LINE);
    queue.add(LINE);
    queue.close();
    assertThat(queue.dropped()).isEqualTo(2);
  }

  private static final class Slow extends OutputStream {
    private final StringBuilder written;

    Slow(StringBuilder written) {
      this.written = written;
    }

    @Override
    public void write(int b) {
      written.append((char) b);
    }

    @Override
    public void write(byte[] bytes) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      written.append(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest
  @CsvSource({"'a\nb', a\\u000ab", "'\u001b[31mred', \\u001b[31mred", "'ü \u2028', ü \\u2028"})
  void whatCouldForgeALineIsEscaped(String message, String escaped) {
    assertThat(LogLine.of(Instant.EPOCH, Level.INFO, message, null))
        .isEqualTo("1970-01-01T00:00:00.000Z INFO  " + escaped + "\n");
  }

  @Test
  void aFaultIsToldWithItsStackAndItsCause() {
    Throwable fault = new IllegalStateException("of\nours", new IOException("gone"));
    assertThat(LogLine.of(Instant.EPOCH, Level.ERROR, "The reader failed", fault).lines())
        .startsWith(
            "1970-01-01T00:00:00.000Z ERROR The reader failed: java.lang.IllegalStateException:"
                + " of\\u000aours")
        .anyMatch(line -> line.startsWith("\tat "))
        .contains("Caused by: java.io.IOException: gone");
  }
}
