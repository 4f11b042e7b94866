package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Resident memory of a small table after many scrapes, as Prometheus makes them, when the JVM has
 * given back what its compilers needed meanwhile: it does so every ten seconds, and in one of two
 * runs the first time came before they had ended.
 */
final class MemoryMeasurement implements Measurement {
  private static final int FLOWS = 1_000;
  private static final int SCRAPES = 1_000;
  private static final long REST_NS = TimeUnit.SECONDS.toNanos(22);

  @Override
  public List<Row> measure() {
    try (Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS));
      try (Server exporter = Server.exporter(namespace)) {
        for (int i = 0; i < SCRAPES; i++) {
          exporter.asPrometheus();
        }
        exporter.meter().awaitIdle();
        LockSupport.parkNanos(REST_NS);
        double megabytes = exporter.meter().residentBytes() / 1e6;
        String what = "resident, 1,000 flows, after 1,000 scrapes";
        return List.of(Row.of("memory-1k", what, "MB", Samples.of(megabytes)).atMost(70));
      }
    }
  }
}
