package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;

/** What figures depend on beside the program. */
final class Machine {
  private static final double BUSY = 1.0;

  private Machine() {}

  /** Processor, kernel and JVM, in one line. */
  static String text() throws IOException {
    String options = System.getenv("JAVA_OPTS");
    return "%s, %d cores; Linux %s; %s%s"
        .formatted(
            processor(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.version"),
            System.getProperty("java.vendor.version", "Java")
                + " "
                + System.getProperty("java.vm.version"),
            options == null ? "" : "; JAVA_OPTS=" + options);
  }

  /** The date, and the load average of the last minute. */
  static String now() throws IOException {
    return String.format(
        Locale.ROOT, "%s, load %.1f", LocalDate.now(ZoneId.systemDefault()), load());
  }

  private static String processor() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  /** Of the last minute. */
  private static double load() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
  }

  /** Says so if others keep the machine busy. */
  static void warnIfBusy() throws IOException {
    if (load() > BUSY) {
      System.err.printf(
          "WARNING: the load average is %.2f. Others are at work here, and figures no good:"
              + " ratios are off, and more so the figures themselves.%n",
          load());
    }
  }
}
