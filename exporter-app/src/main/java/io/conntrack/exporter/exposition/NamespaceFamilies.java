package io.conntrack.exporter.exposition;

import io.conntrack.exporter.exposition.ObservedFamilies.Series;
import io.conntrack.exporter.reading.NamespaceCounts;

/**
 * How many network namespaces {@code --netns} asks for; nothing without that option.
 *
 * <pre>
 * conntrack_exporter_network_namespaces{state="missing"} 1.0
 * conntrack_exporter_network_namespaces{state="read"} 12.0
 * conntrack_exporter_network_namespaces{state="refused"} 0.0
 * </pre>
 */
final class NamespaceFamilies {
  private NamespaceFamilies() {}

  static void register(ObservedFamilies families) {
    families.ownGauge(
        "conntrack_exporter_network_namespaces",
        "Network namespaces that --netns asks for. read: the exporter reads them. refused:"
            + " they are there but cannot be read, and the log says why. missing: patterns that"
            + " match nothing.",
        (observed, series) -> observed.namespaces().ifPresent(counts -> add(counts, series)),
        "state");
  }

  private static void add(NamespaceCounts counts, Series series) {
    series.count(counts.missing(), "missing");
    series.count(counts.read(), "read");
    series.count(counts.refused(), "refused");
  }
}
