package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Any datagram may come where a dump of addresses is expected: it tells whole addresses, and none
 * that its messages have no bytes for.
 */
class AddressDatagramFuzz {
  private static final int SMALLEST_ADDRESS_BYTES = 32;

  @FuzzTest
  void read(byte[] datagram) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, datagram);
      AddressWalk walk = new AddressWalk(arena, memory);
      walk.begin();
      walk.run(datagram.length, 0, 0);
      assertThat(walk.halves().length % 2).isZero();
      assertThat(walk.halves().length / 2)
          .isLessThanOrEqualTo(datagram.length / SMALLEST_ADDRESS_BYTES);
    }
  }
}
