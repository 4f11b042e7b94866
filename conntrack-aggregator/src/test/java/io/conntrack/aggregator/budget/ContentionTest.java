package io.conntrack.aggregator.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.KeyedHash;
import org.junit.jupiter.api.Test;

class ContentionTest {
  private static final long SPAN_MS = 300_000;
  private static final int BUDGET = 10_000;

  private final Contention contention = new Contention(BUDGET);

  @Test
  void beginsWithTheFirstThatIsRefused() {
    assertThat(contention.isPresent()).isFalse();
    refuse(1, 0);
    assertThat(contention.isPresent()).isTrue();
  }

  @Test
  void endsAfterASpanInWhichNoMoreWereRefusedThanThereIsRoomFor() {
    refuse(3_000, 1_000);

    contention.endEpoch(BUDGET, SPAN_MS, SPAN_MS + 999);
    assertThat(contention.isPresent()).as("the span is not over").isTrue();
    contention.endEpoch(2_700, SPAN_MS, SPAN_MS + 1_000);
    assertThat(contention.isPresent()).as("these are too many").isTrue();
    refuse(3_000, 3 * SPAN_MS / 2);
    contention.endEpoch(3_300, SPAN_MS, 2 * SPAN_MS + 999);
    assertThat(contention.isPresent()).as("another span is not over").isTrue();
    contention.endEpoch(3_300, SPAN_MS, 2 * SPAN_MS + 1_000);
    assertThat(contention.isPresent()).isFalse();
  }

  @Test
  void whatIsRefusedAgainCountsOnce() {
    for (int i = 0; i < 100; i++) {
      refuse(50, i);
    }
    contention.endEpoch(60, SPAN_MS, SPAN_MS);
    assertThat(contention.isPresent()).isFalse();
  }

  @Test
  void isTheSameAgainAfterItsEnd() {
    refuse(5_000, 0);
    contention.endEpoch(BUDGET, SPAN_MS, SPAN_MS);
    assertThat(contention.isPresent()).isFalse();

    refuse(1, SPAN_MS + 1);
    assertThat(contention.isPresent()).isTrue();
    contention.endEpoch(10, SPAN_MS, 2 * SPAN_MS + 1);
    assertThat(contention.isPresent()).as("the 5,000 are forgotten").isFalse();
  }

  @Test
  void moreThanCanBeToldApartAreTooMany() {
    refuse(1_000_000, 0);
    contention.endEpoch(BUDGET, SPAN_MS, SPAN_MS);
    assertThat(contention.isPresent()).isTrue();
  }

  private void refuse(int count, long nowMs) {
    for (int i = 1; i <= count; i++) {
      contention.refused(KeyedHash.mixed(i), nowMs);
    }
  }
}
