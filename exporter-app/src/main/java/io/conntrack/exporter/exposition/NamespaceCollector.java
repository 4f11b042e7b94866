package io.conntrack.exporter.exposition;

import io.conntrack.exporter.reading.Observation;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The families of several network namespaces, each family once, with a series of each namespace:
 *
 * <pre>
 * conntrack_exporter_in_sync{netns=""} 1.0
 * conntrack_exporter_in_sync{netns="blue"} 1.0
 * </pre>
 *
 * <p>An empty label is to Prometheus as if it were not there, so that the series of the own
 * namespace are the same as without others. What is neither gauge nor counter is the exporter's.
 */
final class NamespaceCollector implements MultiCollector {
  /** The label, where there are other namespaces than the own one. */
  static final String LABEL = "netns";

  private final SortedMap<String, MultiCollector> collectors;

  private NamespaceCollector(SortedMap<String, MultiCollector> collectors) {
    this.collectors = collectors;
  }

  /** The collector of the own namespace as it is, where there are no others. */
  static MultiCollector of(Observation observation, Function<Observation, MultiCollector> each) {
    if (observation.others().isEmpty()) {
      return each.apply(observation);
    }
    SortedMap<String, MultiCollector> collectors = new TreeMap<>();
    observation.forEach((name, observed) -> collectors.put(name, each.apply(observed)));
    return new NamespaceCollector(collectors);
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return collectors.get(collectors.firstKey()).getMetricFamilyDescriptors();
  }

  @Override
  public MetricSnapshots collect() {
    SortedMap<String, MetricSnapshot> families = new TreeMap<>();
    collectors.forEach((name, collector) -> {
      Labels label = Labels.of(LABEL, name);
      for (MetricSnapshot family : collector.collect()) {
        families.merge(
            family.getMetadata().getName(), labelled(family, label), NamespaceCollector::joined);
      }
    });
    return new MetricSnapshots(families.values());
  }

  private static MetricSnapshot labelled(MetricSnapshot family, Labels label) {
    return switch (family) {
      case GaugeSnapshot gauges ->
          new GaugeSnapshot(
              gauges.getMetadata(),
              gauges.getDataPoints().stream()
                  .map(point ->
                      new GaugeDataPointSnapshot(
                          point.getValue(), point.getLabels().merge(label), null))
                  .toList());
      case CounterSnapshot counters ->
          new CounterSnapshot(
              counters.getMetadata(),
              counters.getDataPoints().stream()
                  .map(point ->
                      new CounterDataPointSnapshot(
                          point.getValue(), point.getLabels().merge(label), null, 0))
                  .toList());
      default -> family;
    };
  }

  private static MetricSnapshot joined(MetricSnapshot family, MetricSnapshot more) {
    return switch (family) {
      case GaugeSnapshot gauges ->
          new GaugeSnapshot(
              gauges.getMetadata(),
              both(gauges.getDataPoints(), ((GaugeSnapshot) more).getDataPoints()));
      case CounterSnapshot counters ->
          new CounterSnapshot(
              counters.getMetadata(),
              both(counters.getDataPoints(), ((CounterSnapshot) more).getDataPoints()));
      default -> family;
    };
  }

  private static <T> List<T> both(List<T> points, List<T> more) {
    return Stream.concat(points.stream(), more.stream()).toList();
  }
}
