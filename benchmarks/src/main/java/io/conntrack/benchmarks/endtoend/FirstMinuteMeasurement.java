package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * CPU time of the first minute after the start, beside that of the fourth of the same process,
 * under the same load: 1,000 flows, of which 500 go and come each second, and a scrape every five
 * seconds. Three programs run beside each other, and start one after the other.
 */
final class FirstMinuteMeasurement implements Measurement {
  private static final int PROGRAMS = 3;
  private static final int FLOWS = 1_000;
  private static final int FLOWS_PER_ROUND = 50;
  private static final int ROUNDS_PER_SECOND = 10;
  private static final int ROUNDS_PER_SCRAPE = 5 * ROUNDS_PER_SECOND;
  private static final int ROUNDS_PER_MINUTE = 60 * ROUNDS_PER_SECOND;
  private static final int MINUTES = 4;
  private static final long ROUND_NS = TimeUnit.SECONDS.toNanos(1) / ROUNDS_PER_SECOND;
  private static final long BETWEEN_STARTS_NS = TimeUnit.SECONDS.toNanos(10);

  @Override
  public List<Row> measure() throws Exception {
    List<double[]> minutes = new ArrayList<>();
    try (ExecutorService programs = Executors.newFixedThreadPool(PROGRAMS)) {
      List<Future<double[]>> running = new ArrayList<>();
      for (int i = 0; i < PROGRAMS; i++) {
        long delayNs = i * BETWEEN_STARTS_NS;
        running.add(
            programs.submit(() -> {
              LockSupport.parkNanos(delayNs);
              return minutesMs();
            }));
      }
      for (Future<double[]> program : running) {
        minutes.add(program.get());
      }
    }
    return List.of(
        Row.of(
                "first-minute",
                "CPU of the first minute, 1,000 events a second",
                "ms",
                minute(minutes, 0))
            .beside("warm minute", minute(minutes, MINUTES - 1))
            .atMost(1.5));
  }

  private static Samples minute(List<double[]> minutes, int minute) {
    return Samples.of(minutes.stream().mapToDouble(each -> each[minute]).toArray());
  }

  /** CPU time of each minute, the start included. */
  private static double[] minutesMs() {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS));
      long startNs = System.nanoTime();
      try (Server exporter = Server.exporter(namespace)) {
        double[] ms = new double[MINUTES];
        double before = 0;
        for (int round = 1; round <= MINUTES * ROUNDS_PER_MINUTE; round++) {
          load(exporter, writer, round);
          awaitNs(startNs + round * ROUND_NS);
          if (round % ROUNDS_PER_MINUTE == 0) {
            double now = exporter.meter().cpuNs() / 1e6;
            ms[round / ROUNDS_PER_MINUTE - 1] = now - before;
            before = now;
          }
        }
        return ms;
      }
    }
  }

  private static void load(Server exporter, FlowWriter writer, int round) {
    int first = round * FLOWS_PER_ROUND % FLOWS;
    writer.delete(Flows.of(first, first + FLOWS_PER_ROUND));
    writer.create(Flows.of(first, first + FLOWS_PER_ROUND));
    if (round % ROUNDS_PER_SCRAPE == 0) {
      exporter.asPrometheus();
    }
  }

  private static void awaitNs(long nextNs) {
    while (nextNs - System.nanoTime() > 0) {
      LockSupport.parkNanos(nextNs - System.nanoTime());
    }
  }
}
