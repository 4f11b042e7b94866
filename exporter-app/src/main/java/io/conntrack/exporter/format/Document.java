package io.conntrack.exporter.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The metrics of one observation in one format, as the Prometheus client writes them, in the order
 * of their names. Series of endpoints are written while they are sent, because a document is
 * several times as large as what it is made from.
 */
public final class Document implements Body {
  private static final long UNKNOWN = -1;

  private final List<SeriesWriter> parts;
  private final EndpointRows rows;
  private final byte[] end;

  /** Told by the first thread that asks, as it takes a walk over all rows. */
  private volatile long sizeBytes = UNKNOWN;

  /**
   * Keeps the arrays.
   *
   * @param parts in the order in which they are written
   * @param rows what they show
   * @param end what comes behind all families
   */
  public Document(List<SeriesWriter> parts, EndpointRows rows, byte[] end) {
    this.parts = parts;
    this.rows = rows;
    this.end = end;
  }

  @Override
  public long sizeBytes() {
    if (sizeBytes == UNKNOWN) {
      sizeBytes = size();
    }
    return sizeBytes;
  }

  private long size() {
    long size = end.length;
    for (SeriesWriter part : parts) {
      size += part.head(rows).length + part.sizeBytes(rows);
    }
    return size;
  }

  @Override
  public long heapBytes() {
    return parts.stream().mapToLong(part -> part.heapBytes()).sum() + LONGEST_WRITE_BYTES;
  }

  @Override
  public Object memory() {
    return rows;
  }

  @Override
  public long sharedBytes() {
    return rows.heapBytes();
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    Blocks blocks = new Blocks(out);
    for (SeriesWriter part : parts) {
      blocks.write(part.head(rows));
      for (int row = 0; row < part.rowCount(rows); row++) {
        part.put(rows, row, blocks.withRoom(part.longestBytes()));
      }
    }
    blocks.write(end);
    blocks.flush();
  }

  /** Gathers what is written into the longest writes that a body may make. */
  private static final class Blocks {
    private final byte[] bytes = new byte[LONGEST_WRITE_BYTES];
    private final ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final OutputStream out;
    private int writes;

    Blocks(OutputStream out) {
      this.out = out;
    }

    ByteBuffer withRoom(int roomBytes) throws IOException {
      if (block.remaining() < roomBytes) {
        flush();
      }
      return block;
    }

    void write(byte[] text) throws IOException {
      for (int written = 0; written < text.length; ) {
        int count = Math.min(text.length - written, withRoom(1).remaining());
        block.put(text, written, count);
        written += count;
      }
    }

    void flush() throws IOException {
      out.write(bytes, 0, block.position());
      block.clear();
      Body.letOthersGoOn(++writes);
    }
  }
}
