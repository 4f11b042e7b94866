package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.log.LogQueue;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ReaderStatistics;
import io.conntrack.exporter.reading.ResyncReason;

/**
 * The exporter's own health.
 *
 * <pre>
 * conntrack_exporter_doubtful_removals_total{result="averted"} 0.0
 * conntrack_exporter_doubtful_removals_total{result="put_off"} 0.0
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
 * conntrack_exporter_in_sync 1.0
 * conntrack_exporter_last_resync_age_seconds 7.5
 * conntrack_exporter_last_resync_duration_seconds 0.0021
 * conntrack_exporter_last_resync_flows{change="added"} 0.0
 * conntrack_exporter_last_resync_flows{change="changed"} 0.0
 * conntrack_exporter_last_resync_flows{change="removed"} 3.0
 * conntrack_exporter_last_resync_timestamp_seconds 1.767323045678E9
 * conntrack_exporter_log_dropped_total 0.0
 * conntrack_exporter_overruns_total 0.0
 * conntrack_exporter_own_log_dropped_total 0.0
 * conntrack_exporter_reader_failures_total 0.0
 * conntrack_exporter_receive_buffer_bytes 1.34217728E8
 * conntrack_exporter_resyncs_total{reason="interval"} 12.0
 * conntrack_exporter_resyncs_total{reason="start"} 1.0
 * conntrack_exporter_sources 12.0
 * conntrack_exporter_undecodable_messages_total 0.0
 * conntrack_exporter_zeroed_flows_total 0.0
 * </pre>
 */
final class ExporterFamilies {
  private ExporterFamilies() {}

  static void register(ObservedFamilies families) {
    flows(families);
    endpoints(families);
    events(families);
    resyncs(families);
    lastResync(families);
    reader(families);
  }

  private static void flows(ObservedFamilies families) {
    families.gauge(
        "conntrack_exporter_flows",
        "Flows that the exporter tracks. counted: in a connection gauge. ignored: left"
            + " out, as an option or a rule asks. stateless: the kernel told no state.",
        (observed, series) -> flows(observed.connections(), series),
        "kind");
    families.gauge(
        "conntrack_exporter_flows_untracked",
        "Flows that found no room in the last resync. No gauge counts them. A larger"
            + " --max-flows has room.",
        observed -> observed.connections().untrackedFlows());
  }

  private static void flows(Snapshot connections, Series series) {
    series.count(connections.countedFlows(), "counted");
    series.count(connections.ignoredFlows(), "ignored");
    series.count(connections.statelessFlows(), "stateless");
  }

  private static void endpoints(ObservedFamilies families) {
    families.gauge(
        "conntrack_exporter_endpoints",
        "Remote endpoints that are shown. Those that are kept at zero count too.",
        observed -> observed.connections().endpointCount());
    families.gauge(
        "conntrack_exporter_endpoints_limit",
        "How many remote endpoints can be shown. The host other sums the rest.",
        observed -> observed.statistics().endpoints().limit());
    families.counter(
        "conntrack_exporter_endpoints_moved_total",
        "Remote endpoints that moved. own: from the host other to series of their own."
            + " other: to the host other, to make room for endpoints with far more connections.",
        (observed, series) -> endpointsMoved(observed.statistics().endpoints(), series),
        "to");
    families.gauge(
        "conntrack_exporter_sources",
        "Sources that are shown, of --max-sources. Those that are kept at zero count too. Only with"
            + " --sources.",
        (observed, series) ->
            observed
                .connections()
                .sources()
                .ifPresent(sources -> series.count(sources.endpointCount())));
  }

  private static void endpointsMoved(ReaderStatistics.Endpoints endpoints, Series series) {
    series.count(endpoints.movedIn(), "own");
    series.count(endpoints.movedOut(), "other");
  }

  private static void events(ObservedFamilies families) {
    families.counter(
        "conntrack_exporter_events_total",
        "Events received from the kernel, after the socket's filter.",
        (observed, series) -> events(observed.statistics().events(), series),
        "type");
    families.counter(
        "conntrack_exporter_undecodable_messages_total",
        "Messages from the kernel that could not be read as a flow.",
        observed -> observed.statistics().events().undecodable());
    families.counter(
        "conntrack_exporter_overruns_total",
        "How often the receive buffer was full and the kernel dropped events.",
        observed -> observed.statistics().events().overruns());
    families.counter(
        "conntrack_exporter_events_lost_total",
        "Events that the kernel dropped in overruns. A resync after each overrun makes up"
            + " for them.",
        observed -> observed.statistics().events().lost());
    families.counter(
        "conntrack_exporter_log_dropped_total",
        "Events that were not written to the event log, because the log was too slow or failed.",
        observed -> observed.statistics().events().unlogged());
    families.ownCounter(
        "conntrack_exporter_own_log_dropped_total",
        "Lines of the exporter's own log that were not written, since nobody read standard error.",
        (observed, series) -> series.count(LogQueue.STANDARD_ERROR.dropped()));
  }

  private static void events(ReaderStatistics.Events events, Series series) {
    series.count(events.created(), "new");
    series.count(events.updated(), "update");
    series.count(events.destroyed(), "destroy");
  }

  private static void resyncs(ObservedFamilies families) {
    families.gauge(
        "conntrack_exporter_in_sync",
        "1 if the numbers equal the kernel's table. 0 from a loss of events to the next resync.",
        observed -> observed.statistics().health().inSync() ? 1 : 0);
    families.counter(
        "conntrack_exporter_resyncs_total",
        "Comparisons with the kernel's whole table, by the reason for each.",
        ExporterFamilies::resyncs,
        "reason");
  }

  private static void resyncs(Observation observed, Series series) {
    for (ResyncReason reason : ResyncReason.values()) {
      series.count(observed.statistics().resyncs().getOrDefault(reason, 0L), reason.label());
    }
  }

  private static void lastResync(ObservedFamilies families) {
    families.gauge(
        "conntrack_exporter_last_resync_age_seconds",
        "How long ago the last complete resync ended.",
        observed -> observed.statistics().health().nsSinceResync() / 1e9);
    families.gauge(
        "conntrack_exporter_last_resync_timestamp_seconds",
        "When the last complete resync ended, in seconds since 1970.",
        observed -> observed.statistics().lastResync().endedUnixMs() / 1e3);
    families.gauge(
        "conntrack_exporter_last_resync_duration_seconds",
        "How long the last complete resync took.",
        observed -> observed.statistics().lastResync().durationNs() / 1e9);
    families.gauge(
        "conntrack_exporter_last_resync_flows",
        "Flows that the last complete resync added, changed and removed.",
        (observed, series) -> lastResyncFlows(observed.statistics().lastResync(), series),
        "change");
  }

  private static void removals(ReaderStatistics.Removals removals, Series series) {
    series.count(removals.putOff(), "put_off");
    series.count(removals.averted(), "averted");
  }

  private static void lastResyncFlows(ReaderStatistics.Resync resync, Series series) {
    series.count(resync.added(), "added");
    series.count(resync.changed(), "changed");
    series.count(resync.removed(), "removed");
  }

  private static void reader(ObservedFamilies families) {
    families.counter(
        "conntrack_exporter_doubtful_removals_total",
        "Flows that a dump lacked while the kernel's hash table was resized: put_off until another"
            + " dump, and of these averted, since that one had them.",
        (observed, series) -> removals(observed.statistics().removals(), series),
        "result");
    families.counter(
        "conntrack_exporter_zeroed_flows_total",
        "Flows whose byte counters went back, since another program zeroed them in the kernel."
            + " Only with --accounting.",
        observed -> observed.statistics().zeroed());
    families.counter(
        "conntrack_exporter_reader_failures_total",
        "How often the reader failed and opened its sockets again.",
        observed -> observed.statistics().health().failures());
    families.gauge(
        "conntrack_exporter_receive_buffer_bytes",
        "The size of the event socket's receive buffer, as the kernel granted it.",
        observed -> observed.statistics().receiveBufferBytes());
  }
}
