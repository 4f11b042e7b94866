package io.conntrack.exporter.exposition;

import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.rules.RulesStatus;

/**
 * The state of the rules of {@code --rules}; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_rules 12.0
 * conntrack_exporter_rules_last_reload_success 1.0
 * conntrack_exporter_rules_last_reload_success_timestamp_seconds 1.767323045678E9
 * conntrack_exporter_rules_reloads_total{result="failure"} 0.0
 * conntrack_exporter_rules_reloads_total{result="success"} 3.0
 * </pre>
 */
final class RulesFamilies {
  private RulesFamilies() {}

  static void register(ObservedFamilies families) {
    families.ownGauge(
        "conntrack_exporter_rules",
        "Rules that are in force.",
        (observed, series) -> observed.rules().ifPresent(rules -> series.count(rules.rules())));
    families.ownGauge(
        "conntrack_exporter_rules_last_reload_success",
        "1 if the rules file was good when it was last read. If 0, the log says why.",
        (observed, series) ->
            observed.rules().ifPresent(rules -> series.count(rules.lastReadGood() ? 1 : 0)));
    families.ownGauge(
        "conntrack_exporter_rules_last_reload_success_timestamp_seconds",
        "When the rules file was last read and good, in seconds since 1970.",
        (observed, series) ->
            observed.rules().ifPresent(rules -> series.add(rules.lastGoodUnixMs() / 1e3)));
    families.ownCounter(
        "conntrack_exporter_rules_reloads_total",
        "How often the rules file was read, at the start and after changes.",
        (observed, series) -> observed.rules().ifPresent(rules -> reloads(rules, series)),
        "result");
  }

  private static void reloads(RulesStatus rules, Series series) {
    series.count(rules.refused(), "failure");
    series.count(rules.good(), "success");
  }
}
