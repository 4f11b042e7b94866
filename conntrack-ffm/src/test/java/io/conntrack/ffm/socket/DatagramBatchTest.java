package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.FlowWalk;
import io.conntrack.ffm.message.WireDecoder;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatagramBatchTest {
  private static final int TYPE = 4;
  private static final int FLAGS = 6;

  @ParameterizedTest
  @CsvSource({
    "2, 0, an error message",
    "3, 0, the end of a dump",
    "4, 0, word of an overrun",
    "0, 16, an event that is flagged as part of an interrupted dump",
  })
  void whatIsNoEventIsCountedAndTheEventsAroundItAreNotLost(int type, int flags, String what) {
    byte[] message = Arrays.copyOf(RealMessages.NEW, RealMessages.NEW.length);
    message[TYPE] = (byte) type;
    message[TYPE + 1] = (byte) (type == 0 ? 1 : 0);
    message[FLAGS] = (byte) flags;
    try (Arena arena = Arena.ofConfined();
        DatagramPair pair = DatagramPair.open()) {
      DatagramBatch batch = new DatagramBatch(arena, 4, EventSocket.MAX_MESSAGE_BYTES);
      FlowWalk walk = new FlowWalk(arena, batch.messages(), 4, new WireDecoder());
      pair.send(RealMessages.NEW);
      pair.send(message);
      pair.send(RealMessages.NEW);

      int count = batch.receive(pair.descriptor());
      assertThat(batch.join(count)).as(what).isEqualTo(1);
      walk.run(batch.offsetBytes(count), 0, 0);

      assertThat(walk.flows().size()).isEqualTo(2);
    }
  }
}
