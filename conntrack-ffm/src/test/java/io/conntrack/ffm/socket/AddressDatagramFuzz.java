package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Any datagram may come where a dump of addresses or routes is expected: it tells whole networks of
 * 1 to 128 bits, and none that its messages have no bytes for.
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
      long[] networks = walk.takeNetworks();
      assertThat(networks.length % 3).isZero();
      assertThat(networks.length / 3).isLessThanOrEqualTo(datagram.length / SMALLEST_ADDRESS_BYTES);
      for (int i = 2; i < networks.length; i += 3) {
        assertThat(networks[i]).isBetween(1L, 128L);
      }
    }
  }
}
