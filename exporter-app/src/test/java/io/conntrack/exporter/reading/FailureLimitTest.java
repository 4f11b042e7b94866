package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailureLimitTest {
  private final FailureLimit limit = new FailureLimit();

  @Test
  void theThirdFailureWithinAMinuteIsTheLastAndThePauseGrowsBefore() {
    assertThat(limit.failed(0)).isEqualTo(100);
    assertThat(limit.failed(1_000)).isEqualTo(400);
    assertThat(limit.failed(59_999)).isEqualTo(-1);
  }

  @Test
  void oneAMinuteGoesOnForEver() {
    for (int i = 0; i < 100; i++) {
      assertThat(limit.failed(i * 60_000L)).isEqualTo(100);
    }
  }
}
