package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventDetailsTest {
  private final Arena arena = Arena.ofConfined();
  private final EventDetails details = new EventDetails();

  @AfterEach
  void close() {
    details.close();
    arena.close();
  }

  @Test
  void theTextIsTheLibrarysWithTheNetworkLayer() {
    details.read(RealMessages.inMemory(arena, RealMessages.NEW));

    assertThat(details.text())
        .isEqualTo(
            "ipv4     2 tcp      6 120 SYN_SENT src=127.0.0.1 dst=127.0.0.1 sport=43772 dport=5000"
                + " [UNREPLIED] src=127.0.0.1 dst=127.0.0.1 sport=5000 dport=43772");
  }

  @Test
  void theTimeIsTheKernelsOwnWhereTheMessageHasIt() {
    details.read(RealMessages.inMemory(arena, RealMessages.NEW));
    assertThat(details.timeUnixNs()).isEqualTo(0x18ea51ff60f74045L);

    byte[] withoutTime = Arrays.copyOf(RealMessages.NEW, RealMessages.NEW.length - 12);
    withoutTime[0] = (byte) withoutTime.length;
    details.read(RealMessages.inMemory(arena, withoutTime));
    assertThat(details.timeUnixNs()).isEqualTo(EventDetails.NO_TIME);
  }

  @Test
  void whatIsNoFlowIsRefused() {
    byte[] cut = Arrays.copyOf(RealMessages.NEW, 40);
    cut[0] = 40;

    assertThat(details.read(RealMessages.inMemory(arena, cut))).isFalse();
  }

  @Test
  void aFlowThatWouldEndTheProcessInTheLibraryIsRefused() {
    assertThat(details.read(RealMessages.inMemory(arena, RealMessages.NEW_WITH_SHORT_USE)))
        .isFalse();
  }
}
