package io.conntrack.benchmarks.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Heap that the program takes for an event, as its own JVM tells it before and after a million of
 * them. JVMs give heap to threads in portions, hence the tolerance.
 */
final class AllocationMeasurement implements Measurement {
  private static final int FLOWS = 100_000;
  private static final int WARM_UP_ROUNDS = 3;
  private static final int ROUNDS = 5;
  private static final double TOLERATED_BYTES = 0.1;

  /** Of jcmd's GC.heap_info: each generation, or the one heap of collectors without any. */
  private static final Pattern USED = Pattern.compile("(?m)^ *(?!.*pace).*total.* used (\\d+)K");

  @Override
  public List<Row> measure() throws Exception {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace);
        Server exporter = Server.exporter(namespace, "--resync-interval=1h")) {
      jcmd(exporter, "GC.run"); // so that no collection comes between
      round(exporter, writer, WARM_UP_ROUNDS); // in which each thread takes its portion
      usedBytes(exporter); // so that what the JVM takes to tell it is taken
      long before = usedBytes(exporter);
      round(exporter, writer, ROUNDS);
      double bytes = (double) (usedBytes(exporter) - before) / (2 * ROUNDS * FLOWS);
      if (bytes < 0) {
        throw new IllegalStateException("a collection came between: bytes an event=" + bytes);
      }
      return List.of(
          Row.of("allocation", "heap for an event", "bytes", Samples.of(bytes))
              .atMost(TOLERATED_BYTES));
    }
  }

  /** Flows come, and go. */
  private static void round(Server exporter, FlowWriter writer, int count) {
    for (int i = 0; i < count; i++) {
      writer.create(Flows.of(0, FLOWS));
      exporter.meter().awaitIdle();
      writer.delete(Flows.of(0, FLOWS));
      exporter.meter().awaitIdle();
    }
  }

  private static long usedBytes(Server exporter) throws IOException {
    String answer = jcmd(exporter, "GC.heap_info");
    List<MatchResult> used = USED.matcher(answer).results().toList();
    if (used.isEmpty()) {
      throw new IllegalStateException("jcmd tells of no heap: " + answer);
    }
    return used.stream().mapToLong(result -> Long.parseLong(result.group(1)) << 10).sum();
  }

  private static String jcmd(Server exporter, String command) throws IOException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process process = new ProcessBuilder(jcmd, Long.toString(exporter.pid()), command).start();
    return new String(process.getInputStream().readAllBytes(), US_ASCII);
  }
}
