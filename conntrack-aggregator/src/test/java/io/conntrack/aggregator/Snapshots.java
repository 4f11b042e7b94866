package io.conntrack.aggregator;

import java.util.Map;
import java.util.TreeMap;

/** Reads snapshots, for tests to be readable. */
final class Snapshots {
  private Snapshots() {}

  /** By host the four counts, as {@code "opening open closing closed"}. */
  static Map<String, String> byHost(Snapshot snapshot) {
    Map<String, String> counts = new TreeMap<>();
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      String four =
          snapshot.connections(endpoint, ConnectionState.OPENING)
              + " "
              + snapshot.connections(endpoint, ConnectionState.OPEN)
              + " "
              + snapshot.connections(endpoint, ConnectionState.CLOSING)
              + " "
              + snapshot.connections(endpoint, ConnectionState.CLOSED);
      if (counts.put(snapshot.host(endpoint), four) != null) {
        throw new AssertionError("host=" + snapshot.host(endpoint) + " is there twice");
      }
    }
    return counts;
  }
}
