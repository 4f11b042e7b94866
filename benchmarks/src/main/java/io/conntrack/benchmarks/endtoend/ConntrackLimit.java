package io.conntrack.benchmarks.endtoend;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.conntrack.testbed.TableSize;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
    if (flows > MOST_FLOWS_PER_BUCKET * limit.buckets.before()) {
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

  @Override
  public void close() {
    restore();
    Runtime.getRuntime().removeShutdownHook(atSignal);
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing " + LOCK, e);
    }
  }
}
