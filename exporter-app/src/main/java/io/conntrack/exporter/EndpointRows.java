package io.conntrack.exporter;

import io.conntrack.aggregator.Snapshot;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The endpoints of a snapshot as a scrape writes them: in the order of their labels, and without an
 * object for any. Immutable.
 *
 * <p>It takes the place of the snapshot, whose labels may be those of endpoints that are gone: a
 * slow client then holds just {@link #heapBytes()}.
 */
final class EndpointRows {
  /** All labels in ASCII, one after the other; each ends where the next begins. */
  private final byte[] labels;

  private final int[] labelEnds;

  /** For each endpoint in the order of the families. */
  private final int[] connections;

  /** The rows in the order of their labels; keeps the arrays. */
  EndpointRows(byte[] labels, int[] labelEnds, int[] connections) {
    this.labels = labels;
    this.labelEnds = labelEnds;
    this.connections = connections;
  }

  static EndpointRows of(Snapshot snapshot) {
    int count = snapshot.endpointCount();
    int[] labelEnds = new int[count];
    int[] connections = new int[count * ConnectionFamily.COUNT];
    byte[] labels = new byte[IntStream.range(0, count).map(i -> snapshot.host(i).length()).sum()];
    int row = 0;
    int end = 0;
    for (Integer endpoint : byLabel(snapshot)) {
      String label = snapshot.host(endpoint);
      for (int i = 0; i < label.length(); i++) {
        labels[end++] = (byte) label.charAt(i);
      }
      for (ConnectionFamily family : ConnectionFamily.values()) {
        connections[row * ConnectionFamily.COUNT + family.column] =
            snapshot.connections(endpoint, family.state);
      }
      labelEnds[row++] = end;
    }
    return new EndpointRows(labels, labelEnds, connections);
  }

  private static Integer[] byLabel(Snapshot snapshot) {
    return IntStream.range(0, snapshot.endpointCount())
        .boxed()
        .sorted(Comparator.comparing(snapshot::host))
        .toArray(Integer[]::new);
  }

  int count() {
    return labelEnds.length;
  }

  int connections(int row, ConnectionFamily family) {
    return connections[row * ConnectionFamily.COUNT + family.column];
  }

  /** Where the label of a row begins in {@link #labels}. */
  int labelStart(int row) {
    return row == 0 ? 0 : labelEnds[row - 1];
  }

  int labelBytes(int row) {
    return labelEnds[row] - labelStart(row);
  }

  /** The labels of all rows, one after the other in ASCII; nothing in them is ever escaped. */
  byte[] labels() {
    return labels;
  }

  long heapBytes() {
    return labels.length + (long) Integer.BYTES * (labelEnds.length + connections.length);
  }
}
