package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.ArrayList;
import java.util.List;

/** Many small network namespaces at rest, a scrape every 15 seconds: CPU and resident memory. */
final class NamespacesMeasurement implements Measurement {
  private static final int FLOWS = 20;
  private static final int WARM_UP_SCRAPES = 50;
  private static final int SCRAPES = 8;

  private final String name;
  private final int namespaces;
  private final double mostPercent;
  private final double mostMegabytes;

  NamespacesMeasurement(String name, int namespaces, double mostPercent, double mostMegabytes) {
    this.name = name;
    this.namespaces = namespaces;
    this.mostPercent = mostPercent;
    this.mostMegabytes = mostMegabytes;
  }

  @Override
  public List<Row> measure() {
    List<Namespace> others = new ArrayList<>();
    try (Namespace own = Flows.namespace()) {
      List<String> options = new ArrayList<>(List.of("--max-endpoints=500"));
      for (int i = 0; i < namespaces; i++) {
        others.add(Flows.namespace());
        options.add("--netns=n" + i + "=" + others.getLast().path());
      }
      try (Server exporter = Server.exporter(own, options.toArray(String[]::new))) {
        others.forEach(NamespacesMeasurement::fill);
        double percent = RestMeasurement.percent(exporter, WARM_UP_SCRAPES, SCRAPES);
        double megabytes = exporter.meter().residentBytes() / 1e6;
        String what = "%d namespaces, a scrape every 15 s".formatted(namespaces);
        return List.of(
            Row.of(name, what, "% of a core", Samples.of(percent)).atMost(mostPercent),
            Row.of(name + "-memory", what, "MB", Samples.of(megabytes)).atMost(mostMegabytes));
      }
    } finally {
      others.forEach(Namespace::close);
    }
  }

  private static void fill(Namespace namespace) {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS));
    }
  }
}
