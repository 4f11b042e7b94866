package io.conntrack.exporter.reading;

import io.conntrack.exporter.terms.KernelSetting;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;

/**
 * How long after a resync the next one is due. Without events it is as short as 2 % of a core
 * allows, because nothing else tells of changes.
 */
final class ResyncInterval {
  private static final long SHORTEST_MS = 1_000;
  private static final long TIMES_ITS_COST = 50;

  private final long longestMs;
  private final boolean listening;
  private final NetworkNamespace namespace;

  ResyncInterval(long longestMs, boolean listening, NetworkNamespace namespace) {
    this.longestMs = longestMs;
    this.listening = listening;
    this.namespace = namespace;
  }

  /**
   * After a resync that took {@code resyncMs}. In another namespace that tracks nothing not even
   * its settings are asked for.
   */
  long afterMs(long resyncMs, long entries) throws ConntrackException {
    boolean idle = !namespace.isOwn() && entries == 0;
    return idle || (listening && !eventsAreOff())
        ? longestMs
        : Math.min(longestMs, Math.max(SHORTEST_MS, TIMES_ITS_COST * resyncMs));
  }

  /** Whether events would come, but the kernel is told to send none. */
  boolean misses() throws ConntrackException {
    return listening && eventsAreOff();
  }

  private boolean eventsAreOff() throws ConntrackException {
    return namespace.call(() -> KernelSetting.isOff("nf_conntrack_events"));
  }
}
