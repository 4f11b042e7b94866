package io.conntrack.exporter.exposition;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.reading.Observation;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The names of what other families show: a series for each address that has one, to be joined by
 * {@code group_left}. So no other series changes when a name does.
 *
 * <pre>
 * conntrack_endpoint_info{host="10.0.1.5:3306",name="payments-db"} 1
 * </pre>
 */
final class InfoFamily implements Collector {
  private static final String NAME = "name";

  private final MetricMetadata metadata;
  private final String label;
  private final ObservedFamilies observed;
  private final Names names;
  private final Function<Observation, Optional<Snapshot>> shown;

  /**
   * @param name of the family, without {@code _info}
   * @param label whose values have names; also which label of the snapshot it is
   * @param shown what the named series are of, if it is counted
   */
  InfoFamily(
      String name,
      String label,
      ObservedFamilies observed,
      Names names,
      Function<Observation, Optional<Snapshot>> shown) {
    this.metadata =
        new MetricMetadata(name, "The name of an address, by the sources of --names. Always 1.");
    this.label = label;
    this.observed = observed;
    this.names = names;
    this.shown = shown;
  }

  @Override
  public MetricFamilyDescriptor getMetricFamilyDescriptor() {
    return MetricFamilyDescriptor.info(metadata.getName()).help(metadata.getHelp()).build();
  }

  @Override
  public InfoSnapshot collect() {
    List<InfoDataPointSnapshot> points = new ArrayList<>();
    if (observed.hasNetns()) {
      observed.observation().forEach((netns, each) -> add(each, netns, points));
    } else {
      add(observed.observation(), "", points);
    }
    return new InfoSnapshot(metadata, points);
  }

  private void add(Observation observation, String netns, List<InfoDataPointSnapshot> points) {
    for (String value : shown.apply(observation).map(this::values).orElse(new TreeSet<>())) {
      String name = names.ofLabel(value);
      if (name != null) {
        Labels labels = Labels.of(label, value, NAME, name);
        points.add(
            new InfoDataPointSnapshot(
                observed.hasNetns() ? labels.add(EndpointRows.NETNS, netns) : labels));
      }
    }
  }

  /** The different values of the label. */
  private SortedSet<String> values(Snapshot snapshot) {
    SortedSet<String> values = new TreeSet<>();
    int index = snapshot.labelNames().indexOf(label);
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      String labels = snapshot.labels(i);
      int from = 0;
      for (int before = 0; before < index; before++) {
        from = labels.indexOf(Snapshot.LABEL_SEPARATOR, from) + 1;
      }
      int to = labels.indexOf(Snapshot.LABEL_SEPARATOR, from);
      values.add(labels.substring(from, to < 0 ? labels.length() : to));
    }
    return values;
  }
}
