package io.conntrack.exporter;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The body of an answer in memory, in pieces, so that it is never copied to grow. It is sent in
 * smaller ones: the JDK's server keeps a buffer of twice the longest write for as long as the
 * client stays connected. One thread.
 */
final class Body extends OutputStream {
  private static final int PIECE_BYTES = 32 << 10;
  private static final int WRITE_BYTES = 8 << 10;

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

  long sizeBytes() {
    return pieces.isEmpty() ? 0 : (pieces.size() - 1L) * PIECE_BYTES + usedOfLast;
  }

  void writeTo(OutputStream out) throws IOException {
    for (int i = 0; i < pieces.size(); i++) {
      int used = i < pieces.size() - 1 ? PIECE_BYTES : usedOfLast;
      for (int at = 0; at < used; at += WRITE_BYTES) {
        out.write(pieces.get(i), at, Math.min(WRITE_BYTES, used - at));
      }
    }
  }
}
