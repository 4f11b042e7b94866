package io.conntrack.benchmarks.endtoend;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.TableSize;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Room for millions of flows in the kernel, where it has less: nf_conntrack_max, and for very many
 * nf_conntrack_buckets. Both are of the whole machine, and are put back at the end, also when that
 * is a signal. Two runs that raise them wait for each other: else the second would put back what
 * the first has set.
 */
final class ConntrackLimit implements AutoCloseable {
  private static final Path SETTING = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
  private static final int LONGEST_NUMBER = 20;

  /** The kernel refuses a flow whose chain has 50 entries. A flow is two, and chance is uneven. */
  private static final int MOST_FLOWS_PER_BUCKET = 8;

  /** The kernel's caches of objects, one a line: its name, and how many are in use. */
  private static final Path CACHES = Path.of("/proc/slabinfo");

  private static final Pattern IN_USE = Pattern.compile("nf_conntrack +([0-9]+)");

  /** The kernel takes a minute for 10,000,000. */
  private static final Duration LONGEST_END = Duration.ofMinutes(10);

  private static final Path LOCK =
      Path.of(System.getProperty("java.io.tmpdir"), "conntrack-exporter-bench.lock");

  private final String before;
  private final FileChannel lock;
  private final TableSize buckets;
  private final Thread atSignal = new Thread(this::restore);

  private ConntrackLimit(String before, FileChannel lock, TableSize buckets) {
    this.before = before;
    this.lock = lock;
    this.buckets = buckets;
  }

  /** Raises the limit to at least so many. */
  static ConntrackLimit atLeast(int flows) throws IOException {
    FileChannel lock = FileChannel.open(LOCK, CREATE, WRITE);
    if (lock.tryLock() == null) {
      System.err.print(" (waits for another run to put nf_conntrack_max back) ");
      lock.lock();
    }
    ConntrackLimit limit = new ConntrackLimit(read(), lock, TableSize.open());
    Runtime.getRuntime().addShutdownHook(limit.atSignal);
    long most = Long.parseLong(limit.before);
    if (most != 0 && most < flows) {
      Files.writeString(SETTING, Integer.toString(flows));
    }
    if (flows > limit.few()) {
      limit.buckets.set(flows);
    }
    return limit;
  }

  private static String read() throws IOException {
    // In one read: the kernel gives nothing to a second one.
    try (FileInputStream file = new FileInputStream(SETTING.toFile())) {
      byte[] value = new byte[LONGEST_NUMBER];
      return new String(value, 0, file.read(value), StandardCharsets.US_ASCII).strip();
    }
  }

  private void restore() {
    try {
      Files.writeString(SETTING, before);
    } catch (IOException e) {
      throw new UncheckedIOException("could not set " + SETTING + " back to " + before, e);
    } finally {
      buckets.close();
    }
  }

  /** The kernel ends a network namespace in its own time, and its flows with it. */
  private void awaitFewFlows() {
    Await.until("the kernel to end the flows", LONGEST_END, this::flows, flows -> flows <= few());
  }

  private long few() {
    return MOST_FLOWS_PER_BUCKET * buckets.before();
  }

  /** Of all network namespaces. */
  private long flows() {
    try {
      return Files.readAllLines(CACHES).stream()
          .map(IN_USE::matcher)
          .filter(Matcher::lookingAt)
          .mapToLong(line -> Long.parseLong(line.group(1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + CACHES, e);
    }
  }

  @Override
  public void close() {
    try (lock) {
      try {
        awaitFewFlows();
      } finally {
        restore();
      }
      Runtime.getRuntime().removeShutdownHook(atSignal);
    } catch (IOException e) {
      throw new UncheckedIOException("closing " + LOCK, e);
    }
  }
}
