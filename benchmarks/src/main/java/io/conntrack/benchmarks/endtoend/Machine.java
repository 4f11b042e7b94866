package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;
import java.util.regex.Pattern;

/** What figures depend on beside the program. */
final class Machine {
  private static final double BUSY = 1.0;

  /** What is behind a processor's name, and marks within. */
  private static final Pattern NUMBERS = Pattern.compile("\\((R|TM)\\)| +([0-9]|Processor|CPU).*");

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

  /** The date, the load average of the last minute, and the kind of processor. */
  static String now() throws IOException {
    return String.format(
        Locale.ROOT, "%s, load %.1f, %s", LocalDate.now(ZoneId.systemDefault()), load(), kind());
  }

  /** Such as AMD EPYC, of "AMD EPYC 7763 64-Core Processor". */
  private static String kind() throws IOException {
    return NUMBERS.matcher(processor()).replaceAll("");
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
