package io.conntrack.exporter.http;

import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.terms.WebPaths;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The paths that are answered. */
public final class Pages {
  static final String HOME = "/";

  /** How long an answer waits for the reader. */
  static final Duration DEADLINE = Duration.ofSeconds(2);

  /** Several times what a reader with nothing to do waits. */
  static final Duration LONGEST_STILL = Duration.ofSeconds(15);

  private Pages() {}

  public static Map<String, Page> of(
      String metricsPath, ObservationSource source, BuildInfo build, FamilyOptions families) {
    Map<String, Page> pages = new HashMap<>();
    pages.put(HOME, new HomePage(metricsPath, source, build));
    pages.put(WebPaths.HEALTHY, request -> healthy(source));
    pages.put(WebPaths.READY, request -> ready(source));
    // Last, since it may be the path of the home page.
    pages.put(metricsPath, new MetricsPage(source, new Exposition(build, families)));
    return Map.copyOf(pages);
  }

  /** A reader that fails and starts again is healthy; one that hangs needs a restart. */
  private static Answer healthy(ObservationSource source) throws UnavailableException {
    Duration still = source.stillFor();
    if (still.compareTo(LONGEST_STILL) > 0) {
      throw new UnavailableException(
          "The reader has not moved for " + still.toSeconds() + " s. Only a restart helps.");
    }
    return Answer.text(200, "The exporter is healthy.");
  }

  private static Answer ready(ObservationSource source) throws UnavailableException {
    source.await(DEADLINE);
    return Answer.text(200, "The exporter is ready.");
  }
}
