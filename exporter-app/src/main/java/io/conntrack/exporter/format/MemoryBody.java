package io.conntrack.exporter.format;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A body in memory. It is kept in pieces, so it is never copied to grow. One thread makes it. Then
 * it does not change.
 */
public final class MemoryBody extends OutputStream implements Body {
  /** A piece is sent in one write. */
  static final int PIECE_BYTES = LONGEST_WRITE_BYTES;

  private final List<byte[]> pieces = new ArrayList<>();
  private int usedOfLast = PIECE_BYTES;

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int written = 0;
    while (written < length) {
      if (usedOfLast == PIECE_BYTES) {
        pieces.add(new byte[PIECE_BYTES]);
        usedOfLast = 0;
      }
      int count = Math.min(length - written, PIECE_BYTES - usedOfLast);
      System.arraycopy(bytes, offset + written, pieces.getLast(), usedOfLast, count);
      usedOfLast += count;
      written += count;
    }
  }

  @Override
  public long sizeBytes() {
    return pieces.isEmpty() ? 0 : (pieces.size() - 1L) * PIECE_BYTES + usedOfLast;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    for (int i = 0; i < pieces.size(); i++) {
      out.write(pieces.get(i), 0, i < pieces.size() - 1 ? PIECE_BYTES : usedOfLast);
      Body.letOthersGoOn(i + 1);
    }
  }

  /** Each is full, but the last. */
  byte[] piece(int index) {
    return pieces.get(index);
  }

  @Override
  public long heapBytes() {
    return (long) pieces.size() * PIECE_BYTES;
  }
}
