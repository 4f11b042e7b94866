package io.conntrack.packaging;

import io.conntrack.testbed.Connections;
import java.util.List;

/** What holds for each scrape, whatever the host goes through. */
final class ScrapeCheck {
  private static final List<String> FAMILIES =
      List.of(
          "conntrack_opening_connections",
          "conntrack_open_connections",
          "conntrack_closing_connections",
          "conntrack_closed_connections",
          "conntrack_exporter_build_info",
          "conntrack_exporter_endpoints",
          "conntrack_exporter_endpoints_limit",
          "conntrack_exporter_endpoints_moved_total",
          "conntrack_exporter_events_lost_total",
          "conntrack_exporter_events_total",
          "conntrack_exporter_flows",
          "conntrack_exporter_flows_untracked",
          "conntrack_exporter_in_sync",
          "conntrack_exporter_last_resync_age_seconds",
          "conntrack_exporter_last_resync_duration_seconds",
          "conntrack_exporter_last_resync_flows",
          "conntrack_exporter_last_resync_timestamp_seconds",
          "conntrack_exporter_log_dropped_total",
          "conntrack_exporter_overruns_total",
          "conntrack_exporter_reader_failures_total",
          "conntrack_exporter_receive_buffer_bytes",
          "conntrack_exporter_resyncs_total",
          "conntrack_exporter_undecodable_messages_total",
          "conntrack_stat_drop_total",
          "conntrack_table_entries",
          "conntrack_table_limit");

  private ScrapeCheck() {}

  /**
   * The text of a scrape, parsed: every family is there, a host comes once and with all four
   * series, and their sum is the flows that are counted. Anything else is an error.
   */
  static Scrape check(String text) {
    for (String family : FAMILIES) {
      require(text.contains("# TYPE " + family + " "), "no family " + family);
    }
    Scrape scrape = Scrape.ofText(text);
    long shown = scrape.connections().values().stream().mapToLong(Connections::total).sum();
    long counted = (long) scrape.value("conntrack_exporter_flows{kind=\"counted\"}");
    require(shown == counted, "the gauges sum up to " + shown + ", counted are " + counted);
    return scrape;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError("a scrape is wrong: " + otherwise);
    }
  }
}
