package io.conntrack.exporter.exposition;

import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.exposition.Scrapes.State;

/**
 * The scrapes that were answered before this one.
 *
 * <pre>
 * conntrack_exporter_requests_rejected_total{reason="busy"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="max_requests"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="no_memory"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="no_thread"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="rate_limit"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="slow_clients"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="unauthorized"} 0.0
 * conntrack_exporter_requests_rejected_total{reason="wrong_passwords"} 0.0
 * conntrack_exporter_scrape_bytes_total 182734.0
 * conntrack_exporter_scrape_duration_seconds_count 51
 * conntrack_exporter_scrape_duration_seconds_sum 0.204
 * conntrack_exporter_scrapes_in_flight 1.0
 * conntrack_exporter_scrapes_total{code="200"} 50.0
 * conntrack_exporter_scrapes_total{code="500"} 0.0
 * conntrack_exporter_scrapes_total{code="503"} 1.0
 * </pre>
 */
final class ScrapeFamilies {
  private ScrapeFamilies() {}

  static void register(ObservedFamilies families, Scrapes scrapes) {
    families.ownCounter(
        "conntrack_exporter_scrapes_total",
        "Scrapes that were answered, by the HTTP status of the answer.",
        (observed, series) -> byCode(scrapes.state(), series),
        "code");
    families.ownSummary(
        "conntrack_exporter_scrape_duration_seconds",
        "How long scrapes took, from the request to the last byte of the answer.",
        series -> {
          State state = scrapes.state();
          series.add(state.count(), state.durationNs() / 1e9);
        });
    families.ownGauge(
        "conntrack_exporter_scrapes_in_flight",
        "Scrapes that are being answered, this one included.",
        (observed, series) -> series.count(scrapes.state().inFlight()));
    families.ownCounter(
        "conntrack_exporter_scrape_bytes_total",
        "Bytes of the answers to scrapes that were sent whole, without their headers.",
        (observed, series) -> series.count(scrapes.state().sentBytes()));
    families.ownCounter(
        "conntrack_exporter_requests_rejected_total",
        "Requests that were refused. busy: other scrapes took too long. max_requests: more at once"
            + " than --web.max-requests allows. no_memory: the Java heap has no room for the"
            + " answer. no_thread: cut off, since no thread can be had."
            + " rate_limit: more than the web configuration allows. slow_clients: unread answers"
            + " fill the memory that they may have. unauthorized: no password or a wrong one."
            + " wrong_passwords: too many of them from one address.",
        (observed, series) -> rejected(scrapes.state(), series),
        "reason");
  }

  private static void byCode(State state, Series series) {
    state.byCode().forEach((code, count) -> series.count(count, Integer.toString(code)));
  }

  private static void rejected(State state, Series series) {
    state.rejected().forEach((reason, count) -> series.count(count, reason.label()));
  }
}
