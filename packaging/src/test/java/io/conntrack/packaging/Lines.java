package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Reads the lines of a pipe on a thread of its own, which ends with the pipe's writer. */
final class Lines {
  private static final int LIMIT_S = 10;

  private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();

  /** {@code arrivedNs}: by {@link System#nanoTime}. */
  record Line(String text, long arrivedNs) {}

  static Lines of(InputStream pipe) {
    Lines reading = new Lines();
    Thread.ofPlatform().name("lines").daemon().start(() -> reading.read(pipe));
    return reading;
  }

  private void read(InputStream pipe) {
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(pipe, UTF_8))) {
      String line = reader.readLine();
      while (line != null) {
        lines.add(new Line(line, System.nanoTime()));
        line = reader.readLine();
      }
    } catch (IOException e) {
      // The writer was killed; the test misses what did not arrive.
    }
  }

  /** The next line, which arrives within 10 s. */
  Line next() throws InterruptedException {
    Line line = lines.poll(LIMIT_S, TimeUnit.SECONDS);
    if (line == null) {
      throw new AssertionError("no line within " + LIMIT_S + " s");
    }
    return line;
  }
}
