package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What it takes while nothing happens but a scrape every 15 seconds: in percent of a core. */
final class IdleMeasurement implements Measurement {
  private static final int FLOWS = 1_000;

  /** Not all at once, since only one in a second begins a resync. */
  private static final int WARM_UP_SCRAPES = 1_000;

  private static final long WARM_UP_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(15);
  private static final int SCRAPES = 2;
  private static final long SCRAPE_INTERVAL_NS = TimeUnit.SECONDS.toNanos(15);

  @Override
  public List<Row> measure() {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS));
      try (Server exporter = Server.exporter(namespace)) {
        for (int i = 0; i < WARM_UP_SCRAPES; i++) {
          exporter.asPrometheus();
          LockSupport.parkNanos(WARM_UP_PAUSE_NS);
        }
        long before = exporter.meter().awaitIdle();
        long startNs = System.nanoTime();
        for (int i = 1; i <= SCRAPES; i++) {
          exporter.asPrometheus();
          parkUntil(startNs + i * SCRAPE_INTERVAL_NS);
        }
        double cpuNs = exporter.meter().cpuNs() - before;
        double percent = 100 * cpuNs / (System.nanoTime() - startNs);
        String what = "1,000 flows, a scrape every 15 s";
        return List.of(Row.of("idle", what, "% of a core", Samples.of(percent)).atMost(0.2));
      }
    }
  }

  private static void parkUntil(long timeNs) {
    while (timeNs - System.nanoTime() > 0) {
      LockSupport.parkNanos(timeNs - System.nanoTime());
    }
  }
}
