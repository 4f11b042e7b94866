package io.conntrack.exporter.exposition;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * All metrics of one observation in one format, as the Prometheus client writes them, in the order
 * of their names. The series of connections are written while they are sent, since a document is
 * several times as large as what it is made from.
 */
public final class Document implements Body {
  private final List<SeriesWriter> before;
  private final EndpointRows rows;
  private final byte[] own;
  private final List<SeriesWriter> after;
  private final byte[] last;

  /**
   * Keeps the arrays.
   *
   * @param before the families whose names come before the exporter's own
   * @param rows what they and those after show
   * @param own the exporter's own families, as the client writes them
   * @param after the families whose names come after the exporter's own
   * @param last what comes behind all these, as the client writes it: the families of the kernel's
   *     table, and what ends a document
   */
  Document(
      List<SeriesWriter> before,
      EndpointRows rows,
      byte[] own,
      List<SeriesWriter> after,
      byte[] last) {
    this.before = before;
    this.rows = rows;
    this.own = own;
    this.after = after;
    this.last = last;
  }

  @Override
  public long sizeBytes() {
    long size = (long) own.length + last.length;
    for (List<SeriesWriter> families : List.of(before, after)) {
      for (SeriesWriter family : families) {
        size += family.head(rows).length + family.sizeBytes(rows);
      }
    }
    return size;
  }

  @Override
  public long heapBytes() {
    return rows.heapBytes() + own.length + last.length + LONGEST_WRITE_BYTES;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    write(before, out);
    out.write(own);
    write(after, out);
    out.write(last);
  }

  private void write(List<SeriesWriter> families, OutputStream out) throws IOException {
    byte[] bytes = new byte[LONGEST_WRITE_BYTES];
    ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (SeriesWriter family : families) {
      block.put(family.head(rows));
      for (int row = 0; row < rows.count(); row++) {
        if (block.remaining() < SeriesWriter.LONGEST_BYTES) {
          out.write(bytes, 0, block.position());
          block.clear();
        }
        family.put(rows, row, block);
      }
      out.write(bytes, 0, block.position());
      block.clear();
    }
  }
}
