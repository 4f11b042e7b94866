package io.conntrack.exporter.exposition;

import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.rules.RulesStatus;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;

/**
 * How the rules of {@code --rules} are; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_rules 12.0
 * conntrack_exporter_rules_last_reload_success 1.0
 * conntrack_exporter_rules_reloads_total{result="failure"} 0.0
 * conntrack_exporter_rules_reloads_total{result="success"} 3.0
 * </pre>
 */
final class RulesCollector implements MultiCollector {
  private static final MetricFamilyDescriptor RULES =
      MetricFamilyDescriptor.gauge("conntrack_exporter_rules")
          .help("Rules for endpoints that are in force.")
          .build();
  private static final MetricFamilyDescriptor LAST_RELOAD_SUCCESS =
      MetricFamilyDescriptor.gauge("conntrack_exporter_rules_last_reload_success")
          .help("Whether the rules file was good when it was read last: if not, the log says why.")
          .build();
  private static final MetricFamilyDescriptor RELOADS =
      MetricFamilyDescriptor.counter("conntrack_exporter_rules_reloads_total")
          .help("How often the rules file was read, at the start and since it had changed.")
          .labelNames("result")
          .build();

  private final List<RulesStatus> status;

  RulesCollector(Observation observation) {
    this.status = observation.rules().stream().toList();
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return status.isEmpty() ? List.of() : List.of(RULES, LAST_RELOAD_SUCCESS, RELOADS);
  }

  @Override
  public MetricSnapshots collect() {
    return status.isEmpty() ? MetricSnapshots.of() : collect(status.getFirst());
  }

  private static MetricSnapshots collect(RulesStatus status) {
    return MetricSnapshots.of(
        gauge(RULES, status.rules()),
        gauge(LAST_RELOAD_SUCCESS, status.lastReadGood() ? 1 : 0),
        new CounterSnapshot(
            RELOADS.getMetadata(),
            List.of(count("failure", status.refused()), count("success", status.good()))));
  }

  private static GaugeSnapshot gauge(MetricFamilyDescriptor family, double value) {
    return new GaugeSnapshot(
        family.getMetadata(), List.of(new GaugeDataPointSnapshot(value, Labels.EMPTY, null)));
  }

  private static CounterDataPointSnapshot count(String result, long value) {
    return new CounterDataPointSnapshot((double) value, Labels.of("result", result), null, 0);
  }
}
