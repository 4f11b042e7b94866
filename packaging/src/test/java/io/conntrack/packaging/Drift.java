package io.conntrack.packaging;

/** Flows that resyncs had to repair. */
record Drift(long added, long changed, long removed) {
  static final Drift NONE = new Drift(0, 0, 0);

  /** What the last resync before this scrape repaired. */
  static Drift lastIn(Scrape scrape) {
    return new Drift(flows(scrape, "added"), flows(scrape, "changed"), flows(scrape, "removed"));
  }

  private static long flows(Scrape scrape, String change) {
    return (long) scrape.value("conntrack_exporter_last_resync_flows{change=\"" + change + "\"}");
  }

  Drift plus(Drift other) {
    return new Drift(added + other.added, changed + other.changed, removed + other.removed);
  }

  @Override
  public String toString() {
    return "+" + added + " ~" + changed + " -" + removed;
  }
}
