package io.conntrack.exporter.format;

import java.nio.ByteBuffer;

/** Families that the Prometheus client has written already. */
public final class WrittenFamilies implements SeriesWriter {
  private final byte[] bytes;

  /** Keeps the array. */
  public WrittenFamilies(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return bytes;
  }

  @Override
  public int rowCount(EndpointRows rows) {
    return 0;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return 0;
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    throw new IllegalStateException("All is in the head.");
  }

  @Override
  public long heapBytes() {
    return bytes.length;
  }
}
