package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResyncScheduleTest {
  private static final long INTERVAL_MS = 10_000;

  private final ResyncSchedule schedule = new ResyncSchedule(0);

  @Test
  void theFirstIsDueAtOnceAndTheNextAtTheInterval() {
    assertThat(schedule.isDue(0)).isTrue();
    assertThat(schedule.begin(0)).isEqualTo(ResyncReason.START);
    assertThat(schedule.isDue(5)).isFalse();
    assertThat(schedule.waitMs(5)).isEqualTo(-1);

    schedule.succeeded(7, INTERVAL_MS);
    assertThat(schedule.waitMs(7)).isEqualTo(10_000);
    assertThat(schedule.isDue(10_006)).isFalse();
    assertThat(schedule.isDue(10_007)).isTrue();
    assertThat(schedule.begin(0)).isEqualTo(ResyncReason.INTERVAL);
  }

  @Test
  void afterAChangeOfRulesOneIsDueAndWhenThatRunsAnotherAfterAPause() {
    synced(0);
    schedule.rulesChanged(5_000);
    assertThat(schedule.isDue(5_000)).isTrue();
    assertThat(schedule.begin(5_000)).isEqualTo(ResyncReason.RULES);

    schedule.rulesChanged(5_100);
    schedule.succeeded(5_200, INTERVAL_MS);
    assertThat(schedule.waitMs(5_200)).isEqualTo(800);
    assertThat(schedule.begin(6_000)).isEqualTo(ResyncReason.RULES);
  }

  @Test
  void afterAnOverrunOneIsDueAtOnce() {
    synced(0);
    schedule.overrun(50);

    assertThat(schedule.isDue(50)).isTrue();
    assertThat(schedule.begin(0)).isEqualTo(ResyncReason.OVERRUN);
  }

  @Test
  void whileOverrunsGoOnThePauseGrowsToItsLimit() {
    synced(0);
    long now = 100;
    long[] pauses = new long[10];
    for (int i = 0; i < pauses.length; i++) {
      schedule.overrun(now);
      pauses[i] = schedule.waitMs(now);
      now += pauses[i];
      assertThat(schedule.begin(0)).isEqualTo(ResyncReason.OVERRUN);
    }

    assertThat(pauses).containsExactly(0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000);
  }

  @Test
  void longAfterTheLastOverrunThereIsNoPauseAgain() {
    synced(0);
    schedule.overrun(100);
    schedule.overrun(200);
    schedule.begin(0);
    schedule.succeeded(400, INTERVAL_MS);

    schedule.overrun(30_200);
    assertThat(schedule.waitMs(30_200)).isZero();
  }

  @Test
  void oneThatFailedIsRepeated() {
    synced(0);
    schedule.overrun(100);
    schedule.begin(0);
    schedule.retry(150);

    assertThat(schedule.waitMs(150)).isEqualTo(100);
    assertThat(schedule.isDue(250)).isTrue();
    assertThat(schedule.begin(0)).isEqualTo(ResyncReason.RETRY);
  }

  @Test
  void afterAChangeOfAddressesOneIsDueAtOnceAndAfterOneThatRunsAnother() {
    synced(0);
    schedule.addressesChanged(1_100);
    assertThat(schedule.isDue(1_100)).isTrue();
    assertThat(schedule.begin(1_100)).isEqualTo(ResyncReason.ADDRESSES);

    schedule.addressesChanged(1_110);
    assertThat(schedule.isDue(1_110)).isFalse();
    schedule.succeeded(2_120, INTERVAL_MS);
    assertThat(schedule.isDue(2_120)).isTrue();
    assertThat(schedule.begin(2_120)).isEqualTo(ResyncReason.ADDRESSES);
  }

  @Test
  void addressesThatChangeManyTimesASecondCauseOneASecond() {
    synced(0);
    schedule.addressesChanged(400);
    schedule.addressesChanged(500);

    assertThat(schedule.waitMs(500)).isEqualTo(500);
    assertThat(schedule.isDue(1_000)).isTrue();
  }

  private void synced(long nowMs) {
    schedule.begin(0);
    schedule.succeeded(nowMs, INTERVAL_MS);
  }
}
