package io.conntrack.exporter.exposition;

import io.conntrack.exporter.reading.NamespaceCounts;
import io.conntrack.exporter.reading.Observation;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;

/**
 * How many network namespaces {@code --netns} leads to; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_network_namespaces{state="missing"} 1.0
 * conntrack_exporter_network_namespaces{state="read"} 12.0
 * conntrack_exporter_network_namespaces{state="refused"} 0.0
 * </pre>
 */
final class NamespaceCountsCollector implements MultiCollector {
  private static final MetricFamilyDescriptor NAMESPACES =
      MetricFamilyDescriptor.gauge("conntrack_exporter_network_namespaces")
          .help(
              "Network namespaces that --netns asks for: read, refused (there, but not read: the"
                  + " log says why) and missing (patterns that match nothing).")
          .labelNames("state")
          .build();

  private final List<NamespaceCounts> counts;

  NamespaceCountsCollector(Observation observation) {
    this.counts = observation.namespaces().stream().toList();
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return counts.isEmpty() ? List.of() : List.of(NAMESPACES);
  }

  @Override
  public MetricSnapshots collect() {
    return counts.isEmpty() ? MetricSnapshots.of() : collect(counts.getFirst());
  }

  private static MetricSnapshots collect(NamespaceCounts counts) {
    return MetricSnapshots.of(
        new GaugeSnapshot(
            NAMESPACES.getMetadata(),
            List.of(
                point("missing", counts.missing()),
                point("read", counts.read()),
                point("refused", counts.refused()))));
  }

  private static GaugeDataPointSnapshot point(String state, int count) {
    return new GaugeDataPointSnapshot(count, Labels.of("state", state), null);
  }
}
