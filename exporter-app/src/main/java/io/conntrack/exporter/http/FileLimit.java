package io.conntrack.exporter.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How many files this process may open beside those that it has. Without a bound below it, clients
 * that do nothing could take the last one; then the server accepts nobody, and tries without a
 * pause.
 */
final class FileLimit {
  /** For what a scrape opens, other network namespaces, and the rules file. */
  private static final int RESERVE = 8;

  private static final Pattern LIMIT =
      Pattern.compile("^Max open files +(\\d+|unlimited) ", Pattern.MULTILINE);

  private FileLimit() {}

  /**
   * How many connections one server may have, {@code most} at most: half of what is left, so that
   * there may be two servers.
   *
   * @throws IOException if so few are left that it could not serve; the message says what to do
   */
  static int connections(int most) throws IOException {
    long limit = limit(Files.readString(Path.of("/proc/self/limits"), StandardCharsets.US_ASCII));
    long left = (limit - open() - RESERVE) / 2;
    if (left < 1) {
      throw new IOException(
          "This process may open "
              + limit
              + " files, which is too few. Allow at least 64: 'ulimit -n 64', or LimitNOFILE=64 in a"
              + " systemd unit");
    }
    return (int) Math.min(most, left);
  }

  static long limit(String limits) {
    Matcher line = LIMIT.matcher(limits);
    return line.find() && !line.group(1).equals("unlimited")
        ? Long.parseLong(line.group(1))
        : Integer.MAX_VALUE;
  }

  private static long open() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }
}
