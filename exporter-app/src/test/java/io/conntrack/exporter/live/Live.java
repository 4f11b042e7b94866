package io.conntrack.exporter.live;

import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.BuildInfo;
import java.util.List;
import java.util.Optional;

/** The page of endpoints, for tests of other rooms. */
public final class Live {
  private Live() {}

  public static Optional<LivePages> of(ObservationSource source) {
    return Optional.of(
        new LivePages(
            new LiveTable(source, host -> "payments-db"),
            new LiveFacts(
                new BuildInfo("1.2.3", "1a2b3c4", "25"), List.of("--zones"), true, "/metrics")));
  }
}
