package io.conntrack.exporter.exposition;

import io.conntrack.exporter.exposition.Scrapes.Rejection;

/** Lets tests of other rooms see what is being answered. */
public final class ScrapeCounts {
  private ScrapeCounts() {}

  /** How many scrapes have begun and not ended. */
  public static int inFlight(Scrapes scrapes) {
    return scrapes.state().inFlight();
  }

  /** How many requests were refused for this reason. */
  public static long rejected(Scrapes scrapes, Rejection reason) {
    return scrapes.state().rejected().get(reason);
  }

  /** How many requests were refused. */
  public static long rejected(Scrapes scrapes) {
    return scrapes.state().rejected().values().stream().mapToLong(Long::longValue).sum();
  }
}
