package io.conntrack.exporter;

import java.io.FileInputStream;
import java.io.IOException;

/**
 * How long after a resync the next one is due. Where no events come, it is as short as 2 % of a
 * core allows, since nothing else tells of changes.
 */
final class ResyncInterval {
  private static final String EVENTS = "/proc/sys/net/netfilter/nf_conntrack_events";
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
    // In one read: the kernel gives nothing to a second one, which Files.readString makes.
    try (FileInputStream file = new FileInputStream(EVENTS)) {
      return file.read() == '0';
    } catch (IOException e) {
      return false; // without connection tracking there is no such setting
    }
  }
}
