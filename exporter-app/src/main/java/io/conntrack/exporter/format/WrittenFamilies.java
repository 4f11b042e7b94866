package io.conntrack.exporter.format;

import java.nio.ByteBuffer;

/** Families that the Prometheus client has written already. A piece of the text is one row. */
public final class WrittenFamilies implements SeriesWriter {
  private static final byte[] NO_HEAD = {};

  private final MemoryBody text;
  private final long sizeBytes;

  /**
   * Keeps the text.
   *
   * @param sizeBytes how much of it the families are
   */
  public WrittenFamilies(MemoryBody text, long sizeBytes) {
    this.text = text;
    this.sizeBytes = sizeBytes;
  }

  @Override
  public int longestBytes() {
    return MemoryBody.PIECE_BYTES;
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return NO_HEAD;
  }

  @Override
  public int rowCount(EndpointRows rows) {
    return Math.ceilDiv((int) sizeBytes, MemoryBody.PIECE_BYTES);
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return (int) Math.min(MemoryBody.PIECE_BYTES, sizeBytes - (long) row * MemoryBody.PIECE_BYTES);
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    out.put(text.piece(row), 0, sizeBytes(rows, row));
  }

  @Override
  public long heapBytes() {
    return text.heapBytes();
  }
}
