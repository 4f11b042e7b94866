package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;

/** What figures depend on beside the program. */
final class Machine {
  private static final double BUSY = 1.0;

  private Machine() {}

  /** Processor, kernel, JVM, date and load, in one line. */
  static String text() throws IOException {
    String options = System.getenv("JAVA_OPTS");
    return "%s, %d cores; Linux %s; %s; %s; load %.2f%s"
        .formatted(
            processor(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.version"),
            System.getProperty("java.vendor.version", "Java")
                + " "
                + System.getProperty("java.vm.version"),
            LocalDate.now(ZoneId.systemDefault()),
            load(),
            options == null ? "" : "; JAVA_OPTS=" + options);
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
