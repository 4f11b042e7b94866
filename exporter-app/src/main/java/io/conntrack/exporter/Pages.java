package io.conntrack.exporter;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** The paths that are answered. */
final class Pages {
  static final String HOME = "/";

  /** Whether the process answers at all. */
  static final String HEALTHY = "/-/healthy";

  /** Whether a scrape would be answered: the first resync is done and the reader is alive. */
  static final String READY = "/-/ready";

  /** How long an answer waits for the reader. */
  static final Duration DEADLINE = Duration.ofSeconds(2);

  private Pages() {}

  static Map<String, Page> of(String metricsPath, ObservationSource source, BuildInfo build) {
    Map<String, Page> pages = new HashMap<>();
    pages.put(HOME, new HomePage(metricsPath, source, build));
    pages.put(HEALTHY, request -> Answer.text(200, "The exporter is healthy."));
    pages.put(READY, request -> ready(source));
    // Last, since it may be the path of the home page.
    pages.put(metricsPath, new MetricsPage(source, new Exposition(build)));
    return Map.copyOf(pages);
  }

  private static Answer ready(ObservationSource source) throws UnavailableException {
    source.await(DEADLINE);
    return Answer.text(200, "The exporter is ready.");
  }
}
