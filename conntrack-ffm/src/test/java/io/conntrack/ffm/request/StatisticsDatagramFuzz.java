package io.conntrack.ffm.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Any datagram may come where statistics are expected: it tells numbers of 32 bits, and none that
 * its messages have no bytes for.
 */
class StatisticsDatagramFuzz {
  private static final int SMALLEST_MESSAGE_BYTES = 20;
  private static final int ATTRIBUTE_BYTES = 8;

  @FuzzTest
  void read(byte[] datagram) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, datagram);
      StatisticsWalk walk = new StatisticsWalk(arena, memory);
      walk.beginAnswer();
      walk.run(datagram.length, 0, 0);
      KernelStatistics told = walk.statistics();
      assertThat(told.counters().size())
          .isLessThanOrEqualTo(datagram.length / SMALLEST_MESSAGE_BYTES);
      assertThat(told.counters().values().stream().mapToInt(cpu -> cpu.size()).sum())
          .isLessThanOrEqualTo(datagram.length / ATTRIBUTE_BYTES);
      told.counters()
          .forEach((cpu, counters) -> {
            assertThat(cpu).isBetween(0, 0xffff);
            assertThat(counters.values()).allMatch(value -> value >>> 32 == 0);
          });
    }
  }
}
