package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.TcpState;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The connections of one snapshot as the Prometheus client's own objects: what the document is held
 * to.
 */
final class ConnectionCollector implements MultiCollector {
  private final Snapshot snapshot;
  private final String[] labelNames;

  ConnectionCollector(Snapshot snapshot) {
    this.snapshot = snapshot;
    this.labelNames = snapshot.labelNames().toArray(String[]::new);
  }

  @Override
  public MetricSnapshots collect() {
    MetricSnapshots.Builder families = MetricSnapshots.builder();
    if (snapshot.hasTcpConnections()) {
      families.metricSnapshot(tcpStates());
    }
    Stream.of(
            gauge(
                "conntrack_opening_connections",
                "How many connections to the remote host are currently opening?",
                ConnectionState.OPENING),
            gauge(
                "conntrack_open_connections",
                "How many open connections are there to the remote host?",
                ConnectionState.OPEN),
            gauge(
                "conntrack_closing_connections",
                "How many connections to the remote host are currently closing?",
                ConnectionState.CLOSING),
            gauge(
                "conntrack_closed_connections",
                "How many connections to the remote host have recently closed?",
                ConnectionState.CLOSED),
            counter(
                "conntrack_connections_opened",
                "Connections that were established.",
                Map.of("", Outcome.OPENED)),
            counter(
                "conntrack_connections_failed",
                "Connections that were never open, by the reason.",
                Map.of(
                    "refused", Outcome.FAILED_REFUSED,
                    "unanswered", Outcome.FAILED_UNANSWERED,
                    "evicted", Outcome.FAILED_EVICTED,
                    "unknown", Outcome.FAILED_UNKNOWN)),
            counter(
                "conntrack_connections_ended",
                "Connections that were open and have ended, by how they ended.",
                Map.of(
                    "closed", Outcome.ENDED_CLOSED,
                    "reset", Outcome.ENDED_RESET,
                    "timed_out", Outcome.ENDED_TIMED_OUT,
                    "evicted", Outcome.ENDED_EVICTED,
                    "unknown", Outcome.ENDED_UNKNOWN)))
        .forEach(families::metricSnapshot);
    return families.build();
  }

  private GaugeSnapshot tcpStates() {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name("conntrack_connections")
            .help("How many connections to the remote host are in each TCP state?");
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (TcpState state : TcpState.values()) {
        String name = state.name().toLowerCase(Locale.ROOT);
        gauge.dataPoint(
            new GaugeDataPointSnapshot(
                snapshot.tcpConnections(endpoint, state),
                labels(endpoint).merge(Labels.of("state", name)),
                null));
      }
    }
    return gauge.build();
  }

  private GaugeSnapshot gauge(String name, String help, ConnectionState state) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      gauge.dataPoint(
          new GaugeDataPointSnapshot(
              snapshot.connections(endpoint, state), labels(endpoint), null));
    }
    return gauge.build();
  }

  /** Opened, refused and unanswered from zero on, the rest as soon as there is any. */
  private CounterSnapshot counter(String name, String help, Map<String, Outcome> reasons) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (Map.Entry<String, Outcome> entry : reasons.entrySet()) {
        String reason = entry.getKey();
        long count = snapshot.outcomes(endpoint, entry.getValue());
        if (count > 0 || Set.of("", "refused", "unanswered").contains(reason)) {
          Labels labels =
              reason.isEmpty()
                  ? labels(endpoint)
                  : labels(endpoint).merge(Labels.of("reason", reason));
          counter.dataPoint(new CounterDataPointSnapshot((double) count, labels, null, 0));
        }
      }
    }
    return counter.build();
  }

  private Labels labels(int endpoint) {
    String separator = String.valueOf(Snapshot.LABEL_SEPARATOR);
    return Labels.of(labelNames, snapshot.labels(endpoint).split(separator, -1));
  }
}
