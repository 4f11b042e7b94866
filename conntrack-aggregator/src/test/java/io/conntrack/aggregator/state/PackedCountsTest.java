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
  }
}
