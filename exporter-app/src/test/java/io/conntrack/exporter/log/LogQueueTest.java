package io.conntrack.exporter.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.terms.LogFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tinylog.Level;

class LogQueueTest {
  private static final String LINE = "x".repeat(99) + "\n";

  @Test
  @Timeout(30)
  void whoAddsALineWaitsForNobodyAndWhatWasDroppedIsCountedAndTold() throws Exception {
    PipedInputStream reader = new PipedInputStream(1_000);
    LogQueue queue = new LogQueue(new PipedOutputStream(reader), LogFormat.TEXT);
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
    LogQueue queue = new LogQueue(new Slow(written), LogFormat.TEXT);
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
            },
            LogFormat.TEXT);
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

  /** Also what it tells itself. */
  @Test
  @Timeout(30)
  void eachLineHasTheFormatThatIsUsed() throws Exception {
    PipedInputStream reader = new PipedInputStream(1_000);
    LogQueue queue = new LogQueue(new PipedOutputStream(reader), LogFormat.TEXT);
    queue.use(LogFormat.JOURNAL);
    queue.add(Instant.EPOCH, Level.ERROR, "first", null);
    for (int i = 0; i < 10_000; i++) {
      queue.add(LINE);
    }
    StringBuilder read = new StringBuilder();
    byte[] bytes = new byte[1_000];
    while (read.indexOf(" lines were not logged here") < 0) {
      read.append(new String(bytes, 0, reader.read(bytes), StandardCharsets.UTF_8));
    }
    assertThat(read.toString()).startsWith("<3>first\n").contains("\n<4>" + queue.dropped() + " ");
  }
}
