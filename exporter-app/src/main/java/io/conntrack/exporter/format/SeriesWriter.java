package io.conntrack.exporter.format;

import java.nio.ByteBuffer;

/**
 * Writes a part of a document in one format, mostly one family of the endpoints. It writes the same
 * bytes as the Prometheus client, but makes no object for a series. Series come row by row, which
 * is the client's order too, unless a label such as {@code reason} sorts before one of the rows',
 * such as {@code source}. Immutable.
 */
public interface SeriesWriter {
  /** Nine states, or five outcomes twice, and in each all labels, each as long as it can be. */
  int LONGEST_BYTES = 4608;

  /** Room that is enough for all series of a family that a row has. */
  default int longestBytes() {
    return LONGEST_BYTES;
  }

  /** What comes before the series. */
  byte[] head(EndpointRows rows);

  /** How many rows it has series for. */
  default int rowCount(EndpointRows rows) {
    return rows.count();
  }

  /** How much {@link #put} will write. */
  int sizeBytes(EndpointRows rows, int row);

  /** Writes all series of one row. The buffer is little-endian. */
  void put(EndpointRows rows, int row, ByteBuffer out);

  /** Of all series, without the head. */
  default long sizeBytes(EndpointRows rows) {
    long size = 0;
    for (int row = 0; row < rowCount(rows); row++) {
      size += sizeBytes(rows, row);
    }
    return size;
  }

  /** What it holds beside the rows. */
  default long heapBytes() {
    return 0;
  }
}
