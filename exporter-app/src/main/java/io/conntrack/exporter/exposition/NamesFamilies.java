package io.conntrack.exporter.exposition;

import io.conntrack.exporter.names.DnsResult;
import io.conntrack.exporter.names.DnsStatus;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.names.NamesStatus;
import io.conntrack.exporter.reading.Observation;
import java.util.function.BiConsumer;

/**
 * The state of the sources of {@code --names}; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_names 120.0
 * conntrack_exporter_names_dns_cached 35.0
 * conntrack_exporter_names_dns_lookups_total{result="absent"} 3.0
 * conntrack_exporter_names_dns_lookups_total{result="found"} 32.0
 * conntrack_exporter_names_dns_skipped_total 0.0
 * conntrack_exporter_names_last_reload_success 1.0
 * conntrack_exporter_names_last_reload_success_timestamp_seconds 1.767323045678E9
 * </pre>
 */
final class NamesFamilies {
  private NamesFamilies() {}

  static void register(ObservedFamilies families, Names names) {
    families.ownGauge(
        "conntrack_exporter_names",
        "Names in force, of the files that --names lists.",
        ofFiles(names, (status, series) -> series.count(status.names())));
    families.ownGauge(
        "conntrack_exporter_names_last_reload_success",
        "1 if all files of --names were good when they were last read. If 0, the log says why.",
        ofFiles(names, (status, series) -> series.count(status.lastReadGood() ? 1 : 0)));
    families.ownGauge(
        "conntrack_exporter_names_last_reload_success_timestamp_seconds",
        "When all files of --names were last read and good, in seconds since 1970.",
        ofFiles(names, (status, series) -> series.add(status.lastGoodUnixMs() / 1e3)));
    families.ownGauge(
        "conntrack_exporter_names_dns_cached",
        "Addresses whose name, or that they have none, is kept as DNS servers told it.",
        ofDns(names, (status, series) -> series.count(status.cached())));
    families.ownCounter(
        "conntrack_exporter_names_dns_lookups_total",
        "Questions to DNS servers for the name of an address, by what became of them.",
        ofDns(names, NamesFamilies::lookups),
        "result");
    families.ownCounter(
        "conntrack_exporter_names_dns_skipped_total",
        "How often an address was shown without a name, since so many others are kept already.",
        ofDns(names, (status, series) -> series.count(status.skipped())));
  }

  private static void lookups(DnsStatus status, ObservedFamilies.Series series) {
    for (DnsResult result : DnsResult.values()) {
      series.count(status.lookups().get(result), result.label);
    }
  }

  private static BiConsumer<Observation, ObservedFamilies.Series> ofFiles(
      Names names, BiConsumer<NamesStatus, ObservedFamilies.Series> values) {
    return (observed, series) -> names.files().ifPresent(status -> values.accept(status, series));
  }

  private static BiConsumer<Observation, ObservedFamilies.Series> ofDns(
      Names names, BiConsumer<DnsStatus, ObservedFamilies.Series> values) {
    return (observed, series) -> names.dns().ifPresent(status -> values.accept(status, series));
  }
}
