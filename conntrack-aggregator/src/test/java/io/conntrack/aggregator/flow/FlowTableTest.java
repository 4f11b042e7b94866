package io.conntrack.aggregator.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class FlowTableTest {
  private static final int SOME = 1_000_000;

  @Test
  void findsWhatWasInsertedWithItsValue() {
    try (FlowTable table = new FlowTable(SOME, SOME, 0, false)) {
      table.insert(17, FlowEntry.valueOf(5, 3, 9));

      long value = table.value(table.find(17));

      assertThat(FlowEntry.endpoint(value)).isEqualTo(5);
      assertThat(FlowEntry.tcpState(value)).isEqualTo(3);
      assertThat(FlowEntry.epoch(value)).isEqualTo(9);
      assertThat(table.find(18)).isNegative();
      assertThat(table.flows()).isEqualTo(1);
    }
  }

  @Test
  void aValueHoldsTheExtremesOfAllItsParts() {
    long value = FlowEntry.valueOf(FlowEntry.NO_ENDPOINT, 9, FlowEntry.EPOCHS - 1);
    assertThat(FlowEntry.endpoint(value)).isEqualTo(FlowEntry.NO_ENDPOINT);
    assertThat(FlowEntry.tcpState(value)).isEqualTo(9);
    assertThat(FlowEntry.epoch(value)).isEqualTo(FlowEntry.EPOCHS - 1);

    value = FlowEntry.valueOf(Integer.MAX_VALUE, 0, 0);
    assertThat(FlowEntry.endpoint(value)).isEqualTo(Integer.MAX_VALUE);
    assertThat(FlowEntry.isTombstone(value)).isFalse();

    assertThat(FlowEntry.isTombstone(FlowEntry.tombstone(3))).isTrue();
    assertThat(FlowEntry.epoch(FlowEntry.tombstone(3))).isEqualTo(3);
  }

  @Test
  void theHashZeroIsAFlowLikeAnyOther() {
    try (FlowTable table = new FlowTable(SOME, SOME, 0, false)) {
      table.insert(0, FlowEntry.valueOf(5, 3, 9));

      assertThat(table.find(0)).isNotNegative();
      table.remove(table.find(0));
      assertThat(table.find(0)).isNegative();
    }
  }

  @Test
  void flowsAndTombstonesHaveBoundsOfTheirOwn() {
    try (FlowTable table = new FlowTable(2, 1, 0, false)) {
      table.insert(1, FlowEntry.valueOf(0, 3, 0));
      assertThat(table.room()).isPositive();
      table.insert(2, FlowEntry.valueOf(0, 3, 0));
      assertThat(table.room()).isZero();

      assertThat(table.hasRoomForTombstone()).isTrue();
      table.insert(3, FlowEntry.tombstone(0));
      assertThat(table.hasRoomForTombstone()).isFalse();
      assertThat(table.flows()).isEqualTo(2);

      table.remove(table.find(3));
      assertThat(table.hasRoomForTombstone()).isTrue();
      assertThat(table.room()).isZero();
    }
  }

  /**
   * Few distinct upper bits crowd the entries into long runs, the last of which goes around the
   * end.
   */
  @Test
  void agreesWithAHashMapWhereEntriesCrowd() {
    long[] crowds = {2, 1L << 62, -1L << 20, -1L << 40};
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      compareWithHashMap(random, 3_000, () -> crowds[random.nextInt(4)] + random.nextInt(1_000));
    }
  }

  @Test
  void agreesWithAHashMapWhileItGrowsAndShrinks() {
    Random random = new Random(16);
    long[] hashes = new Random(17).longs(60_000).toArray();
    compareWithHashMap(random, 400_000, () -> hashes[random.nextInt(hashes.length)]);
  }

  /**
   * Draws hashes, inserts those that are missing, and removes the others or changes their values.
   */
  private static void compareWithHashMap(Random random, int steps, LongSupplier hashes) {
    Map<Long, Long> model = new HashMap<>();
    try (FlowTable table = new FlowTable(SOME, SOME, 0, false)) {
      for (int step = 0; step < steps; step++) {
        step(table, model, hashes.getAsLong(), random);
        if (random.nextInt(1 + steps / 10) == 0) {
          clear(table, model, random.nextInt(20));
        }
      }
      assertSame(table, model);
    }
  }

  private static void step(FlowTable table, Map<Long, Long> model, long hash, Random random) {
    long value = FlowEntry.valueOf(random.nextInt(), random.nextInt(10), random.nextInt(1 << 28));
    long slot = table.find(hash);
    assertThat(slot >= 0).isEqualTo(model.containsKey(hash));
    if (slot < 0) {
      table.insert(hash, value);
      model.put(hash, value);
    } else if (random.nextInt(3) == 0) {
      table.remove(slot);
      model.remove(hash);
    } else {
      assertThat(table.value(slot)).isEqualTo(model.get(hash));
      table.replace(slot, value);
      model.put(hash, value);
    }
  }

  private static void clear(FlowTable table, Map<Long, Long> model, int keepOneIn) {
    model
        .keySet()
        .removeIf(hash -> {
          boolean goes = keepOneIn == 0 || hash % keepOneIn != 0;
          if (goes) {
            table.remove(table.find(hash));
          }
          return goes;
        });
    table.shrink();
    assertSame(table, model);
  }

  private static void assertSame(FlowTable table, Map<Long, Long> model) {
    assertThat(table.flows()).isEqualTo(model.size());
    model.forEach((hash, value) -> assertThat(table.value(table.find(hash))).isEqualTo(value));
  }

  @Test
  void whatMovesIntoTheSlotOfARemovedEntryStoodFurtherOnSoThatAWalkMeetsEverything() {
    Random random = new Random(3);
    try (FlowTable table = new FlowTable(SOME, SOME, 0, false)) {
      for (int i = 0; i < 800; i++) {
        table.insert(-1L - random.nextInt(1_000_000), FlowEntry.valueOf(i, i % 10, 0));
      }
      long met = 0;
      for (long slot = 0; slot < table.capacitySlots(); ) {
        if (!table.isEmpty(slot) && FlowEntry.tcpState(table.value(slot)) != 7) {
          table.remove(slot);
          met++;
        } else {
          slot++;
        }
      }
      assertThat(met).isEqualTo(720);
      assertThat(table.flows()).isEqualTo(80);
    }
  }

  @Test
  void aMillionFlowsTakeAtMost32BytesEachAtWhateverSize() {
    Random random = new Random(1);
    try (FlowTable table = new FlowTable(2 * SOME, SOME / 2, 0, false)) {
      for (int flows = 1; flows <= SOME; flows++) {
        table.insert(random.nextLong(), FlowEntry.valueOf(1, 3, 0));
        if (flows > 1_024) {
          assertThat(table.memoryBytes()).isLessThanOrEqualTo(32L * flows);
        }
      }
    }
  }

  @Test
  void aFullTableIsNoLargerThanItsBoundsNeed() {
    Random random = new Random(1);
    try (FlowTable table = new FlowTable(100_000, 25_000, 0, false)) {
      while (table.room() > 0) {
        table.insert(random.nextLong(), FlowEntry.valueOf(1, 3, 0));
      }
      while (table.hasRoomForTombstone()) {
        table.insert(random.nextLong(), FlowEntry.tombstone(0));
      }
      assertThat(table.memoryBytes()).isLessThanOrEqualTo(125_001 * 16 * 5 / 4);
    }
  }

  @Test
  void afterAGreatDropMemoryIsGivenBack() {
    long[] hashes = new Random(2).longs(100_000).toArray();
    try (FlowTable table = new FlowTable(SOME, SOME, 0, false)) {
      for (long hash : hashes) {
        table.insert(hash, FlowEntry.valueOf(1, 3, 0));
      }
      for (int i = 1_000; i < hashes.length; i++) {
        table.remove(table.find(hashes[i]));
      }
      table.shrink();

      assertThat(table.memoryBytes()).isLessThanOrEqualTo(1_000 * 16 * 5 / 2);
      for (int i = 0; i < 1_000; i++) {
        assertThat(table.find(hashes[i])).isNotNegative();
      }
    }
  }
}
