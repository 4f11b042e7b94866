package io.conntrack.benchmarks.endtoend;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room for a million flows in the kernel, where it has less: nf_conntrack_max is one for all
 * network namespaces of the machine, and is put back at the end, also when that is a signal.
 */
final class ConntrackLimit implements AutoCloseable {
  private static final Path SETTING = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
  private static final int LONGEST_NUMBER = 20;

  private final String before;
  private final Thread atSignal = new Thread(this::restore);

  private ConntrackLimit(String before) {
    this.before = before;
  }

  /** Raises the limit to at least so many. */
  static ConntrackLimit atLeast(int flows) throws IOException {
    ConntrackLimit limit = new ConntrackLimit(read());
    Runtime.getRuntime().addShutdownHook(limit.atSignal);
    long most = Long.parseLong(limit.before);
    if (most != 0 && most < flows) {
      Files.writeString(SETTING, Integer.toString(flows));
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
    }
  }

  @Override
  public void close() {
    restore();
    Runtime.getRuntime().removeShutdownHook(atSignal);
  }
}
