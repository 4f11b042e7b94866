package io.conntrack.benchmarks.endtoend;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an operator would use else: {@code conntrack} and a file of the kernel's, if they exist. */
final class OtherTools {
  private static final Path TABLE = Path.of("/proc/net/nf_conntrack");
  private static final String NETLINK_NETFILTER = "12";
  private static final String LISTENING_BUFFER = "134217728";

  private static final MethodHandle GETRUSAGE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("getrusage").orElseThrow(),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private static final int RUSAGE_CHILDREN = -1;
  private static final int RUSAGE_BYTES = 144;

  private OtherTools() {}

  static boolean haveConntrack() {
    return Files.isExecutable(Path.of("/usr/sbin/conntrack"))
        || Files.isExecutable(Path.of("/usr/bin/conntrack"));
  }

  /** CPU time in ns of showing the whole table, by tool. */
  static Map<String, double[]> dumps(Namespace namespace) {
    Map<String, double[]> result = new LinkedHashMap<>();
    if (haveConntrack()) {
      result.put("conntrack -L", samples(namespace, "conntrack -L >/dev/null 2>&1"));
    }
    if (Files.isReadable(TABLE)) {
      result.put("nf_conntrack", samples(namespace, "cat " + TABLE + " >/dev/null"));
    }
    return result;
  }

  private static double[] samples(Namespace namespace, String script) {
    double[] ns = new double[Measurement.SAMPLES];
    for (int i = 0; i < ns.length; i++) {
      double before = childrenNs();
      namespace.sh(script);
      ns[i] = childrenNs() - before;
    }
    return ns;
  }

  /** CPU time of all children that have ended: user and system, see getrusage(2). */
  private static double childrenNs() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment usage = arena.allocate(RUSAGE_BYTES, Long.BYTES);
      if ((int) GETRUSAGE.invokeExact(RUSAGE_CHILDREN, usage) != 0) {
        throw new IllegalStateException("getrusage failed");
      }
      long seconds = usage.getAtIndex(JAVA_LONG, 0) + usage.getAtIndex(JAVA_LONG, 2);
      long micros = usage.getAtIndex(JAVA_LONG, 1) + usage.getAtIndex(JAVA_LONG, 3);
      return seconds * 1e9 + micros * 1e3;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError("a downcall threw a checked exception", t);
    }
  }

  /** CPU time in ns that {@code conntrack -E} takes for the events that the writing raises. */
  static double events(Namespace namespace, Runnable writing) {
    Process process =
        namespace.exec(
            new ProcessBuilder("conntrack", "-E", "--buffer-size", LISTENING_BUFFER)
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD));
    try {
      Await.until("conntrack -E to listen", () -> listens(process.pid()));
      ProcessMeter meter = new ProcessMeter(process.pid());
      long before = meter.awaitIdle();
      writing.run();
      return meter.awaitIdle() - before;
    } finally {
      process.destroyForcibly();
      Await.until("conntrack -E to end", () -> !process.isAlive());
    }
  }

  /** Whether its namespace has a socket of netfilter's that is in any group. */
  private static boolean listens(long pid) {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/net/netlink"))) {
      return lines
          .map(line -> line.strip().split("\\s+"))
          .anyMatch(field -> field[1].equals(NETLINK_NETFILTER) && !field[3].matches("0+"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
