package io.conntrack.exporter.format;

import java.nio.ByteBuffer;

/** Writes a family of sources, whose rows belong to those of the endpoints. */
record SourceWriter(SeriesWriter writer) implements SeriesWriter {
  @Override
  public int longestBytes() {
    return writer.longestBytes();
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return writer.head(rows.sources());
  }

  @Override
  public int rowCount(EndpointRows rows) {
    return writer.rowCount(rows.sources());
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return writer.sizeBytes(rows.sources(), row);
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    writer.put(rows.sources(), row, out);
  }
}
