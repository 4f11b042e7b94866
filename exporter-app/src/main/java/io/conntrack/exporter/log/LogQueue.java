package io.conntrack.exporter.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.exporter.terms.LogFormat;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.tinylog.Level;

/**
 * Lines on their way to a stream that may block, such as a pipe whose reader is stuck. One thread
 * writes them. Whoever adds one never waits for the stream: what finds the queue full is dropped,
 * and told in a line of its own when there is room again. Any thread may call. The first that adds
 * a line starts the writing thread, which has its network namespace: so the program's main thread
 * has to be the first.
 */
public final class LogQueue implements AutoCloseable {
  /** Of standard error. The logging library makes its writer by itself, so this one is static. */
  public static final LogQueue STANDARD_ERROR =
      new LogQueue(new FileOutputStream(FileDescriptor.err), LogLine.formatOfStandardError());

  private static final int MOST_BYTES = 256 << 10;

  /** For a stream that works, and less than a signal's handler has. */
  private static final long CLOSE_TIME_MS = 400;

  private final OutputStream out;
  private final Queue<byte[]> lines = new ArrayDeque<>();
  private final Thread thread = Thread.ofPlatform().daemon().name("log").unstarted(this::write);

  // Guarded by this.
  private LogFormat format;
  private long queuedBytes;
  private boolean writing;
  private long dropped;
  private long untold;

  LogQueue(OutputStream out, LogFormat format) {
    this.out = out;
    this.format = format;
  }

  /** How entries are written. */
  public synchronized LogFormat format() {
    return format;
  }

  /** From now on entries are written so. */
  public synchronized void use(LogFormat format) {
    this.format = format;
  }

  /** How many lines were dropped. */
  public synchronized long dropped() {
    return dropped;
  }

  /** Adds an entry. The message, or the fault, may be null. */
  void add(Instant time, Level level, String message, Throwable fault) {
    add(LogLine.of(format(), time, level, message, fault));
  }

  /** Adds one or several lines, each with its end, that belong together. */
  synchronized void add(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (queuedBytes + bytes.length > MOST_BYTES) {
      dropped++;
      untold++;
      return;
    }
    lines.add(bytes);
    queuedBytes += bytes.length;
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
    notifyAll();
  }

  private void write() {
    try {
      while (true) {
        byte[] next = take();
        try {
          out.write(next);
        } catch (IOException e) {
          countFailed();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  private synchronized byte[] take() throws InterruptedException {
    writing = false;
    notifyAll();
    while (lines.isEmpty()) {
      wait();
    }
    writing = true;
    if (untold > 0 && queuedBytes < MOST_BYTES / 2) {
      byte[] told = LogLine.dropped(format, untold).getBytes(UTF_8);
      untold = 0;
      return told;
    }
    byte[] next = lines.remove();
    queuedBytes -= next.length;
    return next;
  }

  /** A stream that is closed has no reader that could be told. */
  private synchronized void countFailed() {
    dropped++;
  }

  /** Waits until all is written, for a moment at most. More may be added after. */
  @Override
  public synchronized void close() {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_TIME_MS);
    try {
      while (!lines.isEmpty() || writing) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
        if (leftMs <= 0) {
          return;
        }
        wait(leftMs);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
