package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A scrape of a small network namespace beside one of 1,000,000 flows, which a dump of the small
 * one walks over. The flows of the small one are older than the program, so that they send no
 * events.
 */
final class BesideMeasurement implements Measurement {
  private static final int FLOWS = 1_000_000;
  private static final int FEW = 1_000;
  private static final int WARM_UP_SCRAPES = 1_000;
  private static final int SCRAPES = 15;
  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

  @Override
  public List<Row> measure() throws IOException {
    try (var _ = ConntrackLimit.atLeast(FLOWS + FLOWS / 4);
        Namespace large = Flows.namespace();
        Namespace small = Flows.namespace();
        FlowWriter many = FlowWriter.in(large);
        FlowWriter few = FlowWriter.in(small)) {
      many.create(Flows.of(0, FLOWS));
      few.create(Flows.of(0, FEW));
      try (Server exporter = Server.exporter(small)) {
        for (int i = 0; i < WARM_UP_SCRAPES; i++) {
          exporter.asPrometheus();
        }
        return rows(exporter);
      }
    }
  }

  private static List<Row> rows(Server exporter) {
    double[] tookMs = new double[SCRAPES];
    double[] cpuMs = new double[SCRAPES];
    for (int i = 0; i < SCRAPES; i++) {
      LockSupport.parkNanos(PAUSE_NS);
      long before = exporter.meter().awaitIdle();
      long startNs = System.nanoTime();
      exporter.asPrometheus();
      tookMs[i] = (System.nanoTime() - startNs) / 1e6;
      cpuMs[i] = (exporter.meter().awaitIdle() - before) / 1e6;
    }
    String what = "scrape of 1,000 flows beside 1,000,000 of another namespace";
    return List.of(
        Row.of("rest-beside", what, "ms", Samples.of(tookMs)).atMost(50),
        Row.of("rest-beside-cpu", what, "ms of CPU", Samples.of(cpuMs)).atMost(20));
  }
}
