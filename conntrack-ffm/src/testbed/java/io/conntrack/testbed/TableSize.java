package io.conntrack.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The number of buckets of the kernel's table, which is the whole machine's. One test program at a
 * time may change it: another would take what is set for a moment for what there was before.
 * Closing puts back what there was.
 */
public final class TableSize implements AutoCloseable {
  private static final Path BUCKETS = Path.of("/proc/sys/net/netfilter/nf_conntrack_buckets");
  private static final Path LOCK =
      Path.of(System.getProperty("java.io.tmpdir"), "nf_conntrack_buckets.lock");

  private final FileChannel lock;
  private final long before;

  private TableSize(FileChannel lock) throws IOException {
    this.lock = lock;
    lock.lock();
    // By lines: the kernel gives nothing to a second read, and readString's first is 1 byte long.
    before = Long.parseLong(Files.readAllLines(BUCKETS).getFirst());
  }

  /** Waits until nobody else changes the size. */
  public static TableSize open() {
    try {
      FileChannel lock =
          FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        return new TableSize(lock);
      } catch (Throwable t) {
        lock.close();
        throw t;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not lock " + LOCK + " or read " + BUCKETS, e);
    }
  }

  /** What there was before. */
  public long before() {
    return before;
  }

  public void set(long buckets) {
    try {
      Files.writeString(BUCKETS, Long.toString(buckets));
    } catch (IOException e) {
      throw new UncheckedIOException("could not set " + BUCKETS + " to buckets=" + buckets, e);
    }
  }

  @Override
  public void close() {
    try (lock) {
      set(before);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
