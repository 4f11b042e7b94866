package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResyncIntervalTest {
  @Test
  void whoDoesNotListenComparesAsOftenAsTwoPercentOfACoreAllow() {
    ResyncInterval interval = new ResyncInterval(30_000, false);

    assertThat(interval.afterMs(0)).isEqualTo(1_000);
    assertThat(interval.afterMs(20)).isEqualTo(1_000);
    assertThat(interval.afterMs(100)).isEqualTo(5_000);
    assertThat(interval.afterMs(3_000)).isEqualTo(30_000);
    assertThat(interval.misses()).isFalse();
  }

  @Test
  void anIntervalThatIsShorterThanThatIsKept() {
    assertThat(new ResyncInterval(200, false).afterMs(0)).isEqualTo(200);
  }
}
