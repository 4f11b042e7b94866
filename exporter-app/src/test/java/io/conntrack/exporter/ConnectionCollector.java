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
  private static final String HOST = "host";
  private static final Map<ConnectionState, MetricFamilyDescriptor> FAMILIES =
      Arrays.stream(ConnectionState.values())
          .collect(Collectors.toMap(state -> state, ConnectionCollector::family));

  private final Snapshot snapshot;

  ConnectionCollector(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  private static MetricFamilyDescriptor family(ConnectionState state) {
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

  private static MetricFamilyDescriptor gauge(String name, String help) {
    return MetricFamilyDescriptor.gauge(name).help(help).labelName(HOST).build();
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return List.copyOf(FAMILIES.values());
  }

  @Override
  public MetricSnapshots collect() {
    Labels[] hosts = new Labels[snapshot.endpointCount()]; // shared by the four families
    Arrays.setAll(hosts, endpoint -> Labels.of(HOST, snapshot.host(endpoint)));
    MetricSnapshots.Builder families = MetricSnapshots.builder();
    FAMILIES.forEach((state, family) ->
        families.metricSnapshot(new GaugeSnapshot(family.getMetadata(), points(state, hosts))));
    return families.build();
  }

  private List<GaugeDataPointSnapshot> points(ConnectionState state, Labels[] hosts) {
    return IntStream.range(0, hosts.length)
        .mapToObj(endpoint ->
            new GaugeDataPointSnapshot(
                snapshot.connections(endpoint, state), hosts[endpoint], null))
        .toList();
  }
}
