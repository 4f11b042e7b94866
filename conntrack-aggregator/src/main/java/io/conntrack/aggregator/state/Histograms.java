package io.conntrack.aggregator.state;

import java.util.Arrays;

/**
 * A histogram of one {@link Timing} for each of many rows. Each has its sum, and the columns that
 * are not zero, because most are zero. A column takes two bytes while its count is small.
 *
 * <p>Filled by one thread, row by row, and then only read, by any.
 */
public final class Histograms {
  private static final int PAYLOAD_BITS = 7;
  private static final int PAYLOAD = 0x7f;
  private static final int MORE = 0x80;

  /** Of a column: its number, and a count at seven bits a byte. */
  private static final int LONGEST_BYTES = 11;

  /** Takes the columns of a row that are not zero, the lowest first. */
  @FunctionalInterface
  public interface Taker {
    void take(int column, long count);
  }

  private final double[] sums;
  private final int[] rowEnds;
  private byte[] bytes;
  private int rows;
  private int end;

  public Histograms(int rows) {
    this.sums = new double[rows];
    this.rowEnds = new int[rows];
    this.bytes = new byte[LONGEST_BYTES];
  }

  /** Adds a column, 0 to 255, to the row that {@link #endRow} will end; the lowest first. */
  public void add(int column, long count) {
    if (count == 0) {
      return;
    }
    if (bytes.length - end < LONGEST_BYTES) {
      bytes = Arrays.copyOf(bytes, bytes.length + bytes.length / 2 + LONGEST_BYTES);
    }
    bytes[end++] = (byte) column;
    long rest = count;
    while (rest >= MORE) {
      bytes[end++] = (byte) (rest | MORE);
      rest >>>= PAYLOAD_BITS;
    }
    bytes[end++] = (byte) rest;
  }

  public void endRow(double sum) {
    sums[rows] = sum;
    rowEnds[rows++] = end;
  }

  /** Adds a row of others, or an empty one if those are null. */
  public void addRow(Histograms others, int row) {
    if (others == null) {
      endRow(0);
    } else {
      others.forEach(row, this::add);
      endRow(others.sum(row));
    }
  }

  public double sum(int row) {
    return sums[row];
  }

  /** Of all columns together. */
  public long count(int row) {
    long[] sum = new long[1];
    forEach(row, (column, count) -> sum[0] += count);
    return sum[0];
  }

  /** How many columns are not zero. */
  public int filled(int row) {
    int[] filled = new int[1];
    forEach(row, (_, _) -> filled[0]++);
    return filled[0];
  }

  public void forEach(int row, Taker taker) {
    int at = row == 0 ? 0 : rowEnds[row - 1];
    while (at < rowEnds[row]) {
      int column = Byte.toUnsignedInt(bytes[at++]);
      long count = 0;
      int shift = 0;
      while ((bytes[at] & MORE) != 0) {
        count |= (long) (bytes[at++] & PAYLOAD) << shift;
        shift += PAYLOAD_BITS;
      }
      taker.take(column, count | (long) bytes[at++] << shift);
    }
  }

  /** What they take of the heap. */
  public long heapBytes() {
    return (long) (Double.BYTES + Integer.BYTES) * sums.length + bytes.length;
  }
}
