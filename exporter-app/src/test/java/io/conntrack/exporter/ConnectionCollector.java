package io.conntrack.exporter;

import io.conntrack.aggregator.ConnectionState;
import io.conntrack.aggregator.Snapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The connections of one snapshot as the Prometheus client's own objects: what the document is held
 * to.
 */
final class ConnectionCollector implements MultiCollector {
  private final Snapshot snapshot;
  private final String[] labelNames;
  private final Map<ConnectionState, MetricFamilyDescriptor> families;

  ConnectionCollector(Snapshot snapshot) {
    this.snapshot = snapshot;
    this.labelNames = snapshot.labelNames().toArray(String[]::new);
    this.families =
        Arrays.stream(ConnectionState.values())
            .collect(Collectors.toMap(state -> state, this::family));
  }

  private MetricFamilyDescriptor family(ConnectionState state) {
    return switch (state) {
      case OPENING ->
          gauge(
              "conntrack_opening_connections",
              "How many connections to the remote host are currently opening?");
      case OPEN ->
          gauge(
              "conntrack_open_connections",
              "How many open connections are there to the remote host?");
      case CLOSING ->
          gauge(
              "conntrack_closing_connections",
              "How many connections to the remote host are currently closing?");
      case CLOSED ->
          gauge(
              "conntrack_closed_connections",
              "How many connections to the remote host have recently closed?");
    };
  }

  private MetricFamilyDescriptor gauge(String name, String help) {
    return MetricFamilyDescriptor.gauge(name).help(help).labelNames(labelNames).build();
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return List.copyOf(families.values());
  }

  @Override
  public MetricSnapshots collect() {
    Labels[] labels = new Labels[snapshot.endpointCount()]; // shared by the four families
    Arrays.setAll(labels, this::labels);
    MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
    families.forEach((state, family) ->
        snapshots.metricSnapshot(new GaugeSnapshot(family.getMetadata(), points(state, labels))));
    return snapshots.build();
  }

  private Labels labels(int endpoint) {
    String separator = String.valueOf(Snapshot.LABEL_SEPARATOR);
    return Labels.of(labelNames, snapshot.labels(endpoint).split(separator, -1));
  }

  private List<GaugeDataPointSnapshot> points(ConnectionState state, Labels[] labels) {
    return IntStream.range(0, labels.length)
        .mapToObj(endpoint ->
            new GaugeDataPointSnapshot(
                snapshot.connections(endpoint, state), labels[endpoint], null))
        .toList();
  }
}
