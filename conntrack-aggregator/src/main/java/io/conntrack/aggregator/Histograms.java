package io.conntrack.aggregator;

import java.util.Arrays;

/**
 * A histogram for each of many rows, of one {@link Timing}: of each the sum, and the columns that
 * are not zero, since most are.
 *
 * <p>Filled by one thread, row by row, and then only read, by any.
 */
public final class Histograms {
  /** Takes the columns of a row that are not zero, the lowest first. */
  @FunctionalInterface
  public interface Taker {
    void take(int column, long count);
  }

  private final double[] sums;

  /** Where each row ends in the two that follow. */
  private final int[] ends;

  private short[] columns;
  private long[] counts;
  private int rows;
  private int end;

  public Histograms(int rows) {
    this.sums = new double[rows];
    this.ends = new int[rows];
    this.columns = new short[rows];
    this.counts = new long[rows];
  }

  /** Adds a column to the row that {@link #endRow} will end; the lowest first. */
  public void add(int column, long count) {
    if (count == 0) {
      return;
    }
    if (end == columns.length) {
      int room = 2 * end + 1;
      columns = Arrays.copyOf(columns, room);
      counts = Arrays.copyOf(counts, room);
    }
    columns[end] = (short) column;
    counts[end++] = count;
  }

  public void endRow(double sum) {
    sums[rows] = sum;
    ends[rows++] = end;
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
    long count = 0;
    for (int i = start(row); i < ends[row]; i++) {
      count += counts[i];
    }
    return count;
  }

  public void forEach(int row, Taker taker) {
    for (int i = start(row); i < ends[row]; i++) {
      taker.take(columns[i], counts[i]);
    }
  }

  private int start(int row) {
    return row == 0 ? 0 : ends[row - 1];
  }

  /** What they take of the heap. */
  public long heapBytes() {
    return (long) (Double.BYTES + Integer.BYTES) * sums.length
        + (long) (Short.BYTES + Long.BYTES) * columns.length;
  }
}
