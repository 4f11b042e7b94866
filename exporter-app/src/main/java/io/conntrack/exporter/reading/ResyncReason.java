package io.conntrack.exporter.reading;

import java.util.Locale;

/** Why a resync was begun. */
public enum ResyncReason {
  /** The first: what was there before the daemon. */
  START,
  /** The kernel dropped events. */
  OVERRUN,
  /** The last one failed, or events were dropped while it ran. */
  RETRY,
  /** Other rules for endpoints are in force. */
  RULES,
  /** A local address came or went. */
  ADDRESSES,
  /** A scrape, of a table that is small enough to be compared first. */
  SCRAPE,
  /** Flows that were created while nobody listened send no events: nothing else corrects them. */
  INTERVAL;

  /** As the label {@code reason} shows it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
