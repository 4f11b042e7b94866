package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Resident memory of many flows over 10,000 endpoints, and what each of the flows has of it: the
 * growth from one flow an endpoint on, by events, in a program that is warm.
 */
final class LargeTableMeasurement implements Measurement {
  private static final int ROUND = 100_000;
  private static final int WARM_UP_ROUNDS = 3;
  private static final int SCRAPES = 20;
  private static final long SETTLING_NS = TimeUnit.SECONDS.toNanos(12);
  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(200);

  private final String name;
  private final int flows;
  private final double mostMegabytes;

  LargeTableMeasurement(String name, int flows, double mostMegabytes) {
    this.name = name;
    this.flows = flows;
    this.mostMegabytes = mostMegabytes;
  }

  @Override
  public List<Row> measure() throws IOException {
    try (var _ = ConntrackLimit.atLeast(flows + flows / 4);
        Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace);
        Server exporter = Server.exporter(namespace)) {
      warmUp(exporter, writer);
      long before = residentBytes(exporter);
      writer.create(Flows.of(Flows.ENDPOINTS, flows));
      long after = residentBytes(exporter);
      scrape(exporter);
      double perFlow = (double) (after - before) / (flows - Flows.ENDPOINTS);
      double megabytes = exporter.meter().residentBytes() / 1e6;
      requireFlows(exporter.settledText());
      String what = "%,d flows".formatted(flows);
      return List.of(
          Row.of(name + "-flow", "a flow among " + what, "bytes", Samples.of(perFlow)).atMost(32),
          Row.of(name, "resident, " + what, "MB", Samples.of(megabytes)).atMost(mostMegabytes));
    }
  }

  /** Events, scrapes and resyncs, so that what they take once is not taken for flows. */
  private static void warmUp(Server exporter, FlowWriter writer) {
    writer.create(Flows.of(0, Flows.ENDPOINTS));
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      writer.create(Flows.of(Flows.ENDPOINTS, ROUND));
      scrape(exporter);
      writer.delete(Flows.of(Flows.ENDPOINTS, ROUND));
      scrape(exporter);
    }
  }

  private static void scrape(Server exporter) {
    for (int i = 0; i < SCRAPES; i++) {
      exporter.asPrometheus();
    }
  }

  /** The least within a while: what compilers let go is given back every ten seconds only. */
  private static long residentBytes(Server exporter) {
    exporter.meter().awaitIdle();
    long endNs = System.nanoTime() + SETTLING_NS;
    long least = exporter.meter().residentBytes();
    while (System.nanoTime() - endNs < 0) {
      LockSupport.parkNanos(PAUSE_NS);
      least = Math.min(least, exporter.meter().residentBytes());
    }
    return least;
  }

  private void requireFlows(String scrape) {
    long counted = Server.value(scrape, "conntrack_exporter_flows{kind=\"counted\"}");
    if (counted != flows) {
      throw new IllegalStateException("counted=" + counted + " of flows=" + flows);
    }
  }
}
