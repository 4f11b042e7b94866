package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * CPU time of one resync, from idle to idle, beside that of a dump by a C program of the same table
 * in turns. The exporter makes one a second.
 */
final class ResyncMeasurement implements Measurement {
  private static final int WARM_UP_RESYNCS = 4;

  /** Of more, the other tools take minutes to tell the same again. */
  private static final int MOST_FOR_TOOLS = 200_000;

  /** Of more, a resync takes half a minute. */
  private static final int MOST_FOR_ALL_SAMPLES = 1_000_000;

  /** No resync takes less, and nothing else that goes on (a compilation, a GC) so much. */
  private static final long LEAST_NS_PER_FLOW = 200;

  /** The walk over the buckets of the kernel's table. */
  private static final long LEAST_NS = 3_000_000;

  private final String name;
  private final int flows;
  private final int samples;
  private final Yardsticks yardsticks;

  ResyncMeasurement(String name, int flows, Yardsticks yardsticks) {
    this.name = name;
    this.flows = flows;
    this.samples = flows > MOST_FOR_ALL_SAMPLES ? 3 : SAMPLES;
    this.yardsticks = yardsticks;
  }

  @Override
  public List<Row> measure() throws IOException {
    try (var _ = ConntrackLimit.atLeast(flows + flows / 4);
        Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, flows));
      try (Server exporter = Server.exporter(namespace, "--resync-interval=1s")) {
        return measure(namespace, exporter);
      }
    }
  }

  /** Without anything beside it: CPU time of the resyncs of all these flows, in ms. */
  static Samples alone(Namespace namespace, int flows) {
    ResyncMeasurement measurement = new ResyncMeasurement("", flows, null);
    try (Server exporter = Server.exporter(namespace, "--resync-interval=1s")) {
      double[] ns = new double[measurement.samples];
      for (int i = -WARM_UP_RESYNCS; i < ns.length; i++) {
        ns[Math.max(i, 0)] = measurement.resyncNs(exporter);
      }
      measurement.requireResyncs(exporter.settledText());
      return ms(ns);
    }
  }

  private List<Row> measure(Namespace namespace, Server exporter) {
    for (int i = 0; i < WARM_UP_RESYNCS; i++) {
      resyncNs(exporter);
    }
    double[] ours = new double[samples];
    double[] raw = new double[samples];
    double[] lib = new double[samples];
    for (int i = 0; i < samples; i++) {
      ours[i] = resyncNs(exporter);
      if (yardsticks.arePresent()) {
        raw[i] = yardsticks.dump(namespace, "raw", flows);
        lib[i] = yardsticks.dump(namespace, "lib", flows);
      }
    }
    requireResyncs(exporter.settledText());
    Row row = Row.of(name, "resync of %,d flows".formatted(flows), "ms", ms(ours));
    List<Row> rows = new ArrayList<>();
    rows.add(row.beside("raw", yardsticks.arePresent() ? ms(raw) : null).atMost(1.15));
    rows.add(row.beside("lib", yardsticks.arePresent() ? ms(lib) : null).atMost(0.70));
    if (flows <= MOST_FOR_TOOLS) {
      OtherTools.dumps(namespace).forEach((tool, ns) -> rows.add(row.beside(tool, ms(ns))));
    }
    return rows;
  }

  /** The next one that begins. */
  private double resyncNs(Server exporter) {
    long idleNs = exporter.meter().awaitIdle();
    exporter.meter().awaitWork(idleNs, LEAST_NS + flows * LEAST_NS_PER_FLOW);
    return exporter.meter().awaitIdle() - idleNs;
  }

  private static Samples ms(double... ns) {
    return Samples.of(ns).map(value -> value / 1e6);
  }

  /** What was measured must have been resyncs, and the flows must be there. */
  private void requireResyncs(String scrape) {
    long resyncs = Server.value(scrape, "conntrack_exporter_resyncs_total{reason=\"interval\"}");
    long counted = Server.value(scrape, "conntrack_exporter_flows{kind=\"counted\"}");
    if (resyncs < WARM_UP_RESYNCS + samples || counted != flows) {
      throw new IllegalStateException("resyncs=" + resyncs + " counted=" + counted);
    }
  }
}
