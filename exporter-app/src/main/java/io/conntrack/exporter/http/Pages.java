package io.conntrack.exporter.http;

import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.live.LivePages;
import io.conntrack.exporter.live.LiveSubject;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.terms.WebPaths;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The paths that are answered. */
public final class Pages {
  static final String HOME = "/";

  /** How long an answer waits for the reader. */
  static final Duration DEADLINE = Duration.ofSeconds(2);

  /** Several times what a reader with nothing to do waits. */
  static final Duration LONGEST_STILL = Duration.ofSeconds(15);

  private static final String NO_SOURCES =
      "Connections are counted by their source only with --sources.";

  private Pages() {}

  /**
   * All pages, by their paths.
   *
   * @param live the page of endpoints, if it is not turned off
   */
  public static Map<String, Page> of(
      String metricsPath,
      ObservationSource source,
      BuildInfo build,
      FamilyOptions families,
      Scrapes scrapes,
      Optional<LivePages> live) {
    Map<String, Page> pages = new HashMap<>();
    pages.put(WebPaths.STYLE, request -> Answer.of("text/css; charset=utf-8", LivePages.STYLE));
    pages.put(HOME, new HomePage(metricsPath, build));
    live.ifPresent(shown -> {
      pages.put(HOME, request -> asked(() -> Answer.html(shown.page(request::parameters))));
      pages.put(
          WebPaths.ENDPOINTS, request -> asked(() -> data(shown, LiveSubject.ENDPOINTS, request)));
      pages.put(
          WebPaths.SOURCES,
          shown.hasSources()
              ? request -> asked(() -> data(shown, LiveSubject.SOURCES, request))
              : request -> Answer.text(404, NO_SOURCES));
      pages.put(
          WebPaths.SCRIPT,
          request -> Answer.of("text/javascript; charset=utf-8", LivePages.SCRIPT));
    });
    pages.put(WebPaths.HEALTHY, request -> healthy(source));
    pages.put(WebPaths.READY, request -> ready(source));
    // Last, since it may be the path of the home page.
    pages.put(
        metricsPath, new MetricsPage(source, new Exposition(build, families, scrapes), scrapes));
    return Map.copyOf(pages);
  }

  /** Makes an answer to a query that may be wrong. */
  private interface Asked {
    Answer answer() throws UsageException, UnavailableException;
  }

  private static Answer asked(Asked page) throws UnavailableException {
    try {
      return page.answer();
    } catch (UsageException e) {
      return Answer.text(400, e.getMessage());
    }
  }

  private static Answer data(LivePages live, LiveSubject subject, Request request)
      throws UsageException, UnavailableException {
    return Answer.of("application/json; charset=utf-8", live.data(subject, request::parameters));
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
