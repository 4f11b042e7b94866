package io.conntrack.exporter.exposition;

/** Lets tests of other rooms see what is being answered. */
public final class ScrapeCounts {
  private ScrapeCounts() {}

  /** How many scrapes have begun and not ended. */
  public static int inFlight(Scrapes scrapes) {
    return scrapes.state().inFlight();
  }
}
