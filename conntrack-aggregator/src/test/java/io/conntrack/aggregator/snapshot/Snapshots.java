package io.conntrack.aggregator.snapshot;

import io.conntrack.aggregator.state.ConnectionState;
import java.util.Map;
import java.util.TreeMap;

/** Reads snapshots, for tests to be readable. */
public final class Snapshots {
  private Snapshots() {}

  /**
   * By labels, with a space between their values, the four counts: {@code "opening open closing
   * closed"}. Without options the labels are the host.
   */
  public static Map<String, String> byLabels(Snapshot snapshot) {
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
      String labels = snapshot.labels(endpoint).replace(Snapshot.LABEL_SEPARATOR, ' ').strip();
      if (counts.put(labels, four) != null) {
        throw new AssertionError("labels=" + labels + " are there twice");
      }
    }
    return counts;
  }
}
