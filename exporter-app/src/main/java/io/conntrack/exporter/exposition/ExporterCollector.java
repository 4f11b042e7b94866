package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ReaderStatistics;
import io.conntrack.exporter.reading.ResyncReason;
import io.conntrack.exporter.terms.BuildInfo;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Arrays;
import java.util.List;

/**
 * The exporter's own health, of one observation.
 *
 * <pre>
 * conntrack_exporter_build_info{java="25.0.3",revision="1a2b3c4",version="0.1.0"} 1
 * conntrack_exporter_endpoints 2.0
 * conntrack_exporter_endpoints_limit 10000.0
 * conntrack_exporter_endpoints_moved_total{to="other"} 4.0
 * conntrack_exporter_endpoints_moved_total{to="own"} 9.0
 * conntrack_exporter_events_lost_total 0.0
 * conntrack_exporter_events_total{type="destroy"} 1190.0
 * conntrack_exporter_events_total{type="new"} 1204.0
 * conntrack_exporter_events_total{type="update"} 4811.0
 * conntrack_exporter_flows{kind="counted"} 52.0
 * conntrack_exporter_flows{kind="ignored"} 3.0
 * conntrack_exporter_flows{kind="stateless"} 7.0
 * conntrack_exporter_flows_untracked 0.0
 * conntrack_exporter_last_resync_duration_seconds 0.0021
 * conntrack_exporter_last_resync_flows{change="added"} 0.0
 * conntrack_exporter_last_resync_flows{change="changed"} 0.0
 * conntrack_exporter_last_resync_flows{change="removed"} 3.0
 * conntrack_exporter_last_resync_timestamp_seconds 1.767323045678E9
 * conntrack_exporter_overruns_total 0.0
 * conntrack_exporter_receive_buffer_bytes 1.34217728E8
 * conntrack_exporter_resyncs_total{reason="addresses"} 0.0
 * conntrack_exporter_resyncs_total{reason="interval"} 12.0
 * conntrack_exporter_resyncs_total{reason="overrun"} 0.0
 * conntrack_exporter_resyncs_total{reason="retry"} 0.0
 * conntrack_exporter_resyncs_total{reason="start"} 1.0
 * conntrack_exporter_undecodable_messages_total 0.0
 * </pre>
 */
final class ExporterCollector implements MultiCollector {
  private static final MetricFamilyDescriptor BUILD =
      MetricFamilyDescriptor.info("conntrack_exporter_build_info")
          .help("Which build of the exporter this is, and the Java that runs it.")
          .labelNames("version", "revision", "java")
          .build();
  private static final MetricFamilyDescriptor FLOWS =
      gauge(
          "conntrack_exporter_flows",
          "Flows that are tracked: counted in a connection gauge, ignored as asked for, or"
              + " stateless, since the kernel told none.",
          "kind");
  private static final MetricFamilyDescriptor FLOWS_UNTRACKED =
      gauge(
          "conntrack_exporter_flows_untracked",
          "Flows of the kernel's that the last resync found no room for, so that no gauge has"
              + " them.");
  private static final MetricFamilyDescriptor ENDPOINTS =
      gauge(
          "conntrack_exporter_endpoints",
          "Remote endpoints that are shown, those kept at zero included.");
  private static final MetricFamilyDescriptor ENDPOINTS_LIMIT =
      gauge(
          "conntrack_exporter_endpoints_limit",
          "How many remote endpoints may be shown, beside the host other, which sums the rest.");
  private static final MetricFamilyDescriptor ENDPOINTS_MOVED =
      counter(
          "conntrack_exporter_endpoints_moved_total",
          "Remote endpoints that moved: from the host other to series of their own, or to other,"
              + " since ones with far more connections need the room.",
          "to");
  private static final MetricFamilyDescriptor EVENTS =
      counter(
          "conntrack_exporter_events_total",
          "Events received from the kernel, after the socket's filter.",
          "type");
  private static final MetricFamilyDescriptor UNDECODABLE =
      counter(
          "conntrack_exporter_undecodable_messages_total",
          "Messages from the kernel that were no well-formed flow.");
  private static final MetricFamilyDescriptor OVERRUNS =
      counter(
          "conntrack_exporter_overruns_total",
          "How often the receive buffer was full and the kernel dropped events.");
  private static final MetricFamilyDescriptor EVENTS_LOST =
      counter(
          "conntrack_exporter_events_lost_total",
          "Events that the kernel dropped in overruns; the resync after each makes up for them.");
  private static final MetricFamilyDescriptor LOG_DROPPED =
      counter(
          "conntrack_exporter_log_dropped_total",
          "Events that were not written to the event log, which was too slow or failed.");
  private static final MetricFamilyDescriptor IN_SYNC =
      gauge(
          "conntrack_exporter_in_sync",
          "Whether the numbers equal the kernel's table: 0 from a loss of events to the next resync.");
  private static final MetricFamilyDescriptor FAILURES =
      counter(
          "conntrack_exporter_reader_failures_total",
          "How often the reader failed, and opened its sockets anew.");
  private static final MetricFamilyDescriptor LAST_RESYNC_AGE =
      gauge(
          "conntrack_exporter_last_resync_age_seconds",
          "How long ago the last complete resync ended.");
  private static final MetricFamilyDescriptor RESYNCS =
      counter(
          "conntrack_exporter_resyncs_total",
          "Comparisons with the kernel's whole table, by what they were begun for.",
          "reason");
  private static final MetricFamilyDescriptor LAST_RESYNC_TIMESTAMP =
      gauge(
          "conntrack_exporter_last_resync_timestamp_seconds",
          "When the last complete resync ended, in seconds since 1970.");
  private static final MetricFamilyDescriptor LAST_RESYNC_DURATION =
      gauge(
          "conntrack_exporter_last_resync_duration_seconds",
          "How long the last complete resync took.");
  private static final MetricFamilyDescriptor LAST_RESYNC_FLOWS =
      gauge(
          "conntrack_exporter_last_resync_flows",
          "Flows that the last complete resync added, changed and removed.",
          "change");
  private static final MetricFamilyDescriptor RECEIVE_BUFFER =
      gauge(
          "conntrack_exporter_receive_buffer_bytes",
          "The event socket's receive buffer, as the kernel gave it.");
  private static final List<MetricFamilyDescriptor> FAMILIES =
      List.of(
          BUILD,
          FLOWS,
          FLOWS_UNTRACKED,
          ENDPOINTS,
          ENDPOINTS_LIMIT,
          ENDPOINTS_MOVED,
          EVENTS,
          UNDECODABLE,
          OVERRUNS,
          EVENTS_LOST,
          LOG_DROPPED,
          IN_SYNC,
          FAILURES,
          RESYNCS,
          LAST_RESYNC_AGE,
          LAST_RESYNC_TIMESTAMP,
          LAST_RESYNC_DURATION,
          LAST_RESYNC_FLOWS,
          RECEIVE_BUFFER);

  private final BuildInfo build;
  private final Snapshot connections;
  private final ReaderStatistics statistics;

  ExporterCollector(BuildInfo build, Observation observation) {
    this.build = build;
    this.connections = observation.connections();
    this.statistics = observation.statistics();
  }

  private static MetricFamilyDescriptor gauge(String name, String help, String... labels) {
    return MetricFamilyDescriptor.gauge(name).help(help).labelNames(labels).build();
  }

  private static MetricFamilyDescriptor counter(String name, String help, String... labels) {
    return MetricFamilyDescriptor.counter(name).help(help).labelNames(labels).build();
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return FAMILIES;
  }

  @Override
  public MetricSnapshots collect() {
    return MetricSnapshots.of(
        build(),
        gauges(
            FLOWS,
            gauge(connections.countedFlows(), "kind", "counted"),
            gauge(connections.ignoredFlows(), "kind", "ignored"),
            gauge(connections.statelessFlows(), "kind", "stateless")),
        gauges(FLOWS_UNTRACKED, gauge(connections.untrackedFlows())),
        gauges(ENDPOINTS, gauge(connections.endpointCount())),
        gauges(ENDPOINTS_LIMIT, gauge(statistics.endpoints().limit())),
        endpointsMoved(statistics.endpoints()),
        events(statistics.events()),
        counters(UNDECODABLE, counter(statistics.events().undecodable())),
        counters(OVERRUNS, counter(statistics.events().overruns())),
        counters(EVENTS_LOST, counter(statistics.events().lost())),
        counters(LOG_DROPPED, counter(statistics.events().unlogged())),
        gauges(IN_SYNC, gauge(statistics.health().inSync() ? 1 : 0)),
        counters(FAILURES, counter(statistics.health().failures())),
        resyncs(),
        gauges(LAST_RESYNC_AGE, seconds(statistics.health().nsSinceResync() / 1e9)),
        gauges(LAST_RESYNC_TIMESTAMP, seconds(statistics.lastResync().endedUnixMs() / 1e3)),
        gauges(LAST_RESYNC_DURATION, seconds(statistics.lastResync().durationNs() / 1e9)),
        lastResyncFlows(statistics.lastResync()),
        gauges(RECEIVE_BUFFER, gauge(statistics.receiveBufferBytes())));
  }

  private InfoSnapshot build() {
    Labels labels =
        Labels.of("version", build.version(), "revision", build.revision(), "java", build.java());
    return new InfoSnapshot(BUILD.getMetadata(), List.of(new InfoDataPointSnapshot(labels)));
  }

  private static CounterSnapshot endpointsMoved(ReaderStatistics.Endpoints endpoints) {
    return counters(
        ENDPOINTS_MOVED,
        counter(endpoints.movedIn(), "to", "own"),
        counter(endpoints.movedOut(), "to", "other"));
  }

  private static CounterSnapshot events(ReaderStatistics.Events events) {
    return counters(
        EVENTS,
        counter(events.created(), "type", "new"),
        counter(events.updated(), "type", "update"),
        counter(events.destroyed(), "type", "destroy"));
  }

  private CounterSnapshot resyncs() {
    return counters(
        RESYNCS,
        Arrays.stream(ResyncReason.values())
            .map(reason ->
                counter(statistics.resyncs().getOrDefault(reason, 0L), "reason", reason.label()))
            .toArray(CounterDataPointSnapshot[]::new));
  }

  private static GaugeSnapshot lastResyncFlows(ReaderStatistics.Resync resync) {
    return gauges(
        LAST_RESYNC_FLOWS,
        gauge(resync.added(), "change", "added"),
        gauge(resync.changed(), "change", "changed"),
        gauge(resync.removed(), "change", "removed"));
  }

  private static GaugeSnapshot gauges(
      MetricFamilyDescriptor family, GaugeDataPointSnapshot... points) {
    return new GaugeSnapshot(family.getMetadata(), List.of(points));
  }

  private static GaugeDataPointSnapshot seconds(double value) {
    return new GaugeDataPointSnapshot(value, Labels.EMPTY, null);
  }

  private static GaugeDataPointSnapshot gauge(long value, String... labels) {
    return new GaugeDataPointSnapshot((double) value, Labels.of(labels), null);
  }

  private static CounterSnapshot counters(
      MetricFamilyDescriptor family, CounterDataPointSnapshot... points) {
    return new CounterSnapshot(family.getMetadata(), List.of(points));
  }

  private static CounterDataPointSnapshot counter(long value, String... labels) {
    return new CounterDataPointSnapshot((double) value, Labels.of(labels), null, 0);
  }
}
