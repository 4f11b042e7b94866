package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.request.KernelCounter;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KernelTotalsTest {
  private static final long WRAP = 1L << 32;

  private final KernelTotals totals = new KernelTotals();

  private void read(int cpu, long drops) {
    totals.add(Map.of(cpu, Map.of(KernelCounter.DROP, drops)));
  }

  private long drops(int cpu) {
    return totals.byCpu().get(cpu).get(KernelCounter.DROP);
  }

  @Test
  void theFirstReadingIsWhatWasCountedBefore() {
    read(0, 5);
    read(1, WRAP - 1);
    assertThat(drops(0)).isEqualTo(5);
    assertThat(drops(1)).isEqualTo(WRAP - 1);
  }

  @Test
  void aCounterThatWrapsGoesOn() {
    read(0, WRAP - 10);
    read(0, WRAP - 1);
    read(0, 0);
    read(0, 20);
    assertThat(drops(0)).isEqualTo(WRAP + 20);
    for (int i = 0; i < 10; i++) {
      read(0, (20 + i * (WRAP / 2 - 1)) % WRAP);
    }
    assertThat(drops(0)).isEqualTo(WRAP + 20 + 9 * (WRAP / 2 - 1));
  }

  @Test
  void oneThatBeganAnewIsAddedUpFromZero() {
    read(0, 1_000);
    read(0, 3);
    assertThat(drops(0)).isEqualTo(1_003);
  }

  @Test
  void whateverIsReadNothingFalls() {
    Random random = new Random(7);
    long before = 0;
    for (int i = 0; i < 1_000; i++) {
      read(0, random.nextLong(WRAP));
      assertThat(drops(0)).isBetween(before, before + WRAP - 1);
      before = drops(0);
    }
  }

  @Test
  void aCpuOfWhichTheKernelTellsNoMoreStaysAndGoesOnWhenItIsBack() {
    read(0, 7);
    read(1, 100);
    read(0, 8);
    totals.add(Map.of());
    assertThat(drops(0)).isEqualTo(8);
    assertThat(drops(1)).isEqualTo(100);
    read(1, 101);
    assertThat(drops(1)).isEqualTo(101);
  }

  @Test
  void aCounterThatIsNotToldIsAbsentAndDoesNotChange() {
    read(0, 7);
    totals.add(Map.of(0, Map.of(KernelCounter.FOUND, 1L)));
    assertThat(totals.byCpu())
        .isEqualTo(Map.of(0, Map.of(KernelCounter.DROP, 7L, KernelCounter.FOUND, 1L)));
  }

  @Test
  void whatWasTakenDoesNotChangeLater() {
    read(0, 1);
    var taken = totals.byCpu();
    read(0, 2);
    assertThat(taken).isEqualTo(Map.of(0, Map.of(KernelCounter.DROP, 1L)));
  }
}
