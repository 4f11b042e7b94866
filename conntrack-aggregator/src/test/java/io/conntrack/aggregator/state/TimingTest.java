package io.conntrack.aggregator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimingTest {
  /** Upper ends belong to a bucket, lower ones do not. */
  private static double upperEnd(Timing timing, int column) {
    return column == 0
        ? timing.zeroThreshold()
        : Math.pow(2, timing.bucket(column) / Math.pow(2, timing.schema));
  }

  @ParameterizedTest
  @EnumSource
  void aTimeIsInTheBucketThatPrometheusPutsItIn(Timing timing) {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 100_000; i++) {
      double seconds = Math.pow(2, random.nextDouble(-20, 26));
      int column = timing.column(seconds);
      if (column < timing.columns - 1) {
        assertThat(seconds).isLessThanOrEqualTo(upperEnd(timing, column));
      }
      if (column > 0) {
        assertThat(seconds).isGreaterThan(upperEnd(timing, column - 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theEndsOfPowersOfTwoAreExact(Timing timing) {
    for (int power = -8; power < 7; power++) {
      double seconds = Math.pow(2, power);
      int column = timing.column(seconds);
      assertThat(timing.bucket(column)).isEqualTo(power << timing.schema);
      assertThat(timing.column(Math.nextUp(seconds))).isEqualTo(column + 1);
      assertThat(timing.column(Math.nextDown(seconds))).isEqualTo(column);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsShorterOrLongerThanAllBucketsIsInTheFirstOrTheLastColumn(Timing timing) {
    assertThat(timing.column(0)).isZero();
    assertThat(timing.column(timing.zeroThreshold())).isZero();
    assertThat(timing.column(Math.nextUp(timing.zeroThreshold()))).isOne();
    assertThat(timing.column(1e9)).isEqualTo(timing.columns - 1);
    assertThat(timing.column(Double.MAX_VALUE)).isEqualTo(timing.columns - 1);
  }
}
