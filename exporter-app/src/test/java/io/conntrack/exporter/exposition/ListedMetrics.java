package io.conntrack.exporter.exposition;

import io.conntrack.exporter.format.EndpointFamilies;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.UsageException;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The metrics as the list of what is promised has them: name, type, unit, and labels. A label that
 * only an option adds stands in brackets.
 *
 * <pre>
 * conntrack_connections_failed_total counter - host,reason,[direction],[netns]
 * </pre>
 */
public final class ListedMetrics {
  private static final BuildInfo BUILD = new BuildInfo("1", "1", "1");

  private ListedMetrics() {}

  /**
   * All but those of the JVM, whose names are the client's.
   *
   * @param folder for a file
   */
  public static List<String> lines(Path folder) throws IOException, UsageException {
    Path file = Files.writeString(folder.resolve("names"), "0.0.0.0/0 any\n");
    Names names = Names.open(NameSource.list(file.toString()));
    Families plain = new Families(false, names, Observations.withAllCounts());
    Families full = new Families(true, names, Observations.withAllCountsAndLabels());
    return full.types.keySet().stream()
        .filter(name -> !name.startsWith("jvm_"))
        .map(name -> line(name, plain, full))
        .toList();
  }

  private static String line(String name, Families plain, Families full) {
    String type = full.types.get(name);
    String shown =
        switch (type) {
          case "counter" -> name + "_total";
          case "info" -> name + "_info";
          default -> name;
        };
    Set<String> always = plain.labels.get(name);
    Set<String> optional = new TreeSet<>(full.labels.get(name));
    optional.removeAll(always);
    String labels =
        String.join(",", always.stream().sorted().toList())
            + optional.stream().map(label -> ",[" + label + "]").collect(Collectors.joining());
    return String.join(
        " ", shown, type, unit(name), labels.isEmpty() ? "-" : labels.replaceFirst("^,", ""));
  }

  private static String unit(String name) {
    return name.endsWith("_seconds") ? "seconds" : name.endsWith("_bytes") ? "bytes" : "-";
  }

  /** What one exposition registers, and which labels its series have. */
  private static final class Families extends PrometheusRegistry {
    private final Map<String, String> types = new HashMap<>();
    private final Map<String, Set<String>> labels = new HashMap<>();

    Families(boolean allLabels, Names names, Observation observation) {
      FamilyOptions options =
          new FamilyOptions(
              allLabels,
              allLabels,
              allLabels,
              true,
              false,
              HistogramForm.NATIVE,
              names,
              Optional::empty);
      Exposition exposition = new Exposition(BUILD, options, this);
      ScrapeFamilies.register(
          new ObservedFamilies(this, PrometheusProperties.builder().build(), allLabels),
          new Scrapes(0));
      for (MetricSnapshot family : exposition.scrape(observation, streamed())) {
        for (DataPointSnapshot series : family.getDataPoints()) {
          series
              .getLabels()
              .forEach(label ->
                  labels.get(family.getMetadata().getPrometheusName()).add(label.getName()));
        }
      }
    }

    private static Predicate<String> streamed() {
      Set<String> names = EndpointFamilies.names().collect(Collectors.toSet());
      return names::contains;
    }

    @Override
    public void register(Collector collector) {
      super.register(collector);
      add(collector.getMetricFamilyDescriptor());
    }

    @Override
    public void register(MultiCollector collector) {
      super.register(collector);
      collector.getMetricFamilyDescriptors().forEach(this::add);
    }

    private void add(MetricFamilyDescriptor family) {
      String name = family.getPrometheusName();
      types.put(name, family.getType().name().toLowerCase(Locale.ROOT));
      labels.put(name, new TreeSet<>(family.getLabelNames()));
    }
  }
}
