package io.conntrack.benchmarks.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Heap that the reader takes for an event, as its own JVM tells it before and after a million of
 * them, when all that it runs has been compiled. In K, hence the tolerance.
 */
final class AllocationMeasurement implements Measurement {
  private static final int FLOWS = 100_000;
  private static final int WARM_UP_ROUNDS = 12;
  private static final int ROUNDS = 5;
  private static final double TOLERATED_BYTES = 0.1;

  /** In the reader's line of jcmd's Thread.print -e. */
  private static final Pattern ALLOCATED =
      Pattern.compile("(?m)^\"reader\" .* allocated=(\\d+)([BKM])");

  @Override
  public List<Row> measure() throws Exception {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace);
        Server exporter = Server.exporter(namespace, "--resync-interval=1h")) {
      round(exporter, writer, WARM_UP_ROUNDS);
      long before = allocatedBytes(exporter);
      round(exporter, writer, ROUNDS);
      double bytes = (double) (allocatedBytes(exporter) - before) / (2 * ROUNDS * FLOWS);
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

  /** Since its start. */
  private static long allocatedBytes(Server exporter) throws IOException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process process =
        new ProcessBuilder(jcmd, Long.toString(exporter.pid()), "Thread.print", "-e").start();
    String answer = new String(process.getInputStream().readAllBytes(), US_ASCII);
    Matcher reader = ALLOCATED.matcher(answer);
    if (!reader.find()) {
      throw new IllegalStateException("jcmd tells of no reader: " + answer);
    }
    int unitBits = 10 * "BKM".indexOf(reader.group(2));
    return Long.parseLong(reader.group(1)) << unitBits;
  }
}
