package io.conntrack.exporter;

/**
 * How long after a resync the next one is due. Where no events come, it is as short as 2 % of a
 * core allows, since nothing else tells of changes.
 */
final class ResyncInterval {
  private static final long SHORTEST_MS = 1_000;
  private static final long TIMES_ITS_COST = 50;

  private final long longestMs;
  private final boolean listening;

  ResyncInterval(long longestMs, boolean listening) {
    this.longestMs = longestMs;
    this.listening = listening;
  }

  /** By a thread in the namespace that is read, after a resync that took {@code resyncMs}. */
  long afterMs(long resyncMs) {
    return listening && !eventsAreOff()
        ? longestMs
        : Math.min(longestMs, Math.max(SHORTEST_MS, TIMES_ITS_COST * resyncMs));
  }

  /** Whether events would come, but the kernel is told to send none. */
  boolean misses() {
    return listening && eventsAreOff();
  }

  private static boolean eventsAreOff() {
    return KernelSetting.text("nf_conntrack_events").startsWith("0");
  }
}
