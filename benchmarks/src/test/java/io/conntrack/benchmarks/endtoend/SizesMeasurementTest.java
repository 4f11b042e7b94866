package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SizesMeasurementTest {
  private static final List<Integer> SIZES = List.of(1_000, 10_000, 100_000);

  @Test
  void theExponentOfAPowerIsItsOwn() {
    assertThat(SizesMeasurement.exponent(SIZES, 3, 3, 3)).isCloseTo(0, within(1e-9));
    assertThat(SizesMeasurement.exponent(SIZES, 2, 20, 200)).isCloseTo(1, within(1e-9));
    assertThat(SizesMeasurement.exponent(SIZES, 1, 100, 10_000)).isCloseTo(2, within(1e-9));
  }

  @Test
  void oneOutlierDoesNotTellAll() {
    assertThat(SizesMeasurement.exponent(SIZES, 1, 1.5, 1)).isCloseTo(0, within(1e-9));
  }
}
