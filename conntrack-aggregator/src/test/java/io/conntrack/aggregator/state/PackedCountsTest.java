package io.conntrack.aggregator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedCountsTest {
  private static final int ROWS = 500;
  private static final int COLUMNS = 7;

  @Test
  void everyCountIsWhatWasAdded() {
    long[][] expected = new long[ROWS][COLUMNS];
    PackedCounts counts = new PackedCounts(ROWS, COLUMNS);
    Random random = new Random(1);
    for (long[] row : expected) {
      for (int column = 0; column < COLUMNS; column++) {
        row[column] = random.nextLong() >>> (1 + random.nextInt(63));
        counts.add(row[column]);
      }
    }

    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        assertThat(counts.get(row, column)).isEqualTo(expected[row][column]);
      }
    }
  }

  @Test
  void theSmallestAndTheLargest() {
    long[] all = {0, 1, 127, 128, 16_383, 16_384, Integer.MAX_VALUE, Long.MAX_VALUE};
    PackedCounts counts = new PackedCounts(1, all.length);
    for (long count : all) {
      counts.add(count);
    }

    for (int column = 0; column < all.length; column++) {
      assertThat(counts.get(0, column)).isEqualTo(all[column]);
    }
  }

  @Test
  void smallCountsTakeAByteEach() {
    PackedCounts counts = new PackedCounts(ROWS, COLUMNS);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      counts.add(i % 100);
    }

    assertThat(counts.heapBytes()).isLessThan(ROWS * (COLUMNS + Integer.BYTES) + 64);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      assertThat(counts.get(i / COLUMNS, i % COLUMNS)).isEqualTo(i % 100);
    }
  }

  @Test
  void aRowOfTwoTablesHasTheCountsOfBoth() {
    PackedCounts left = new PackedCounts(ROWS, COLUMNS);
    PackedCounts right = new PackedCounts(ROWS, 2);
    PackedCounts both = new PackedCounts(ROWS, COLUMNS + 2 + 1);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      left.add(1L << i % 63);
    }
    for (int i = 0; i < ROWS * 2; i++) {
      right.add(i);
    }
    for (int row = 0; row < ROWS; row++) {
      both.addRow(left, row);
      both.add(row);
      both.addRow(right, row);
    }

    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        assertThat(both.get(row, column)).isEqualTo(left.get(row, column));
      }
      assertThat(both.get(row, COLUMNS)).isEqualTo(row);
      assertThat(both.get(row, COLUMNS + 1)).isEqualTo(2L * row);
      assertThat(both.get(row, COLUMNS + 2)).isEqualTo(2L * row + 1);
    }
  }
}
