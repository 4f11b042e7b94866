package io.conntrack.aggregator.state;

import java.util.Arrays;

/**
 * A table of counts that are mostly small. A byte holds seven bits, the lowest first, and a high
 * bit that says that more follow. So ten counts take some fifteen bytes, not eighty.
 *
 * <p>Filled by one thread, row by row, and then only read, by any.
 */
public final class PackedCounts {
  private static final int PAYLOAD_BITS = 7;
  private static final int PAYLOAD = 0x7f;
  private static final int MORE = 0x80;
  private static final int LONGEST_BYTES = 10;

  private final int columns;
  private final int[] rowStarts;
  private byte[] bytes;
  private int cells;
  private int end;

  public PackedCounts(int rows, int columns) {
    this.columns = columns;
    this.rowStarts = new int[rows];
    this.bytes = new byte[rows * columns + LONGEST_BYTES];
  }

  /** Adds the next count of the row, or of the next one if it is full; not below zero. */
  public void add(long count) {
    if (cells % columns == 0) {
      rowStarts[cells / columns] = end;
    }
    cells++;
    if (bytes.length - end < LONGEST_BYTES) {
      bytes = Arrays.copyOf(bytes, bytes.length + bytes.length / 2 + LONGEST_BYTES);
    }
    long rest = count;
    while (rest >= MORE) {
      bytes[end++] = (byte) (rest | MORE);
      rest >>>= PAYLOAD_BITS;
    }
    bytes[end++] = (byte) rest;
  }

  /** Adds all counts of another table's row, which this table's row has room for. */
  public void addRow(PackedCounts from, int row) {
    if (cells % columns == 0) {
      rowStarts[cells / columns] = end;
    }
    cells += from.columns;
    int start = from.rowStarts[row];
    int length = from.rowEnd(row) - start;
    if (bytes.length - end < length) {
      bytes = Arrays.copyOf(bytes, bytes.length + bytes.length / 2 + length);
    }
    System.arraycopy(from.bytes, start, bytes, end, length);
    end += length;
  }

  private int rowEnd(int row) {
    return (row + 1) * columns < cells ? rowStarts[row + 1] : end;
  }

  /** Of a row that is complete. */
  public long get(int row, int column) {
    int at = rowStarts[row];
    if (rowEnd(row) - at == columns) {
      return bytes[at + column]; // as in most rows, each count takes a byte
    }
    for (int i = 0; i < column; i++) {
      while ((bytes[at++] & MORE) != 0) {
        // passes over one count
      }
    }
    long count = 0;
    int shift = 0;
    while ((bytes[at] & MORE) != 0) {
      count |= (long) (bytes[at++] & PAYLOAD) << shift;
      shift += PAYLOAD_BITS;
    }
    return count | (long) bytes[at] << shift;
  }

  /** What it takes of the heap. */
  public long heapBytes() {
    return bytes.length + (long) Integer.BYTES * rowStarts.length;
  }
}
