package io.conntrack.exporter.live;

import io.conntrack.exporter.terms.BuildInfo;
import java.util.List;

/**
 * What stays the same while the exporter runs.
 *
 * @param options those that differ from the default, as words of a command line
 * @param sources whether connections are counted by their sources too
 * @param metricsPath where the metrics are, beginning with a slash
 */
public record LiveFacts(
    BuildInfo build, List<String> options, boolean sources, String metricsPath) {
  public LiveFacts {
    options = List.copyOf(options);
  }
}
