package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.NLMSG_DONE;
import static io.conntrack.ffm.generated.Netfilter.NLMSG_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.ffm.message.FlowMessages;
import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.message.FlowWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.message.WireDecoder;
import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Any datagram may come where events or a portion of a dump are expected: each message that claims
 * to be a flow is one, or is counted as undecodable, and the events behind it are not lost.
 */
class FlowDatagramFuzz {
  /** The longest datagram that a portion of a dump has room for. */
  private static final int DATAGRAM_BYTES = 32768;

  @FuzzTest
  void receive(byte[] datagram) {
    if (datagram.length <= DATAGRAM_BYTES) {
      asPortionOfADump(datagram);
      asEvent(datagram);
    }
  }

  private static void asPortionOfADump(byte[] datagram) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, datagram);
      int capacity = 1 + datagram.length / Netlink.HEADER_BYTES;
      FlowWalk walk = new FlowWalk(arena, memory, capacity, new WireDecoder());
      walk.run(datagram.length, 0, 0);
      assertThat(walk.flows().size() + walk.takeUndecodable()).isEqualTo(flowMessages(memory));
    }
  }

  /** How many messages of flows there are, up to where a walk has to end. */
  private static long flowMessages(MemorySegment memory) {
    long count = 0;
    long at = 0;
    while (memory.byteSize() - at >= Netlink.HEADER_BYTES) {
      int bytes = Netlink.lengthBytes(memory, at);
      int type = Netlink.type(memory, at);
      if (bytes < Netlink.HEADER_BYTES
          || bytes > memory.byteSize() - at
          || (Netlink.flags(memory, at) & Netlink.DUMP_INTERRUPTED) != 0
          || type == NLMSG_ERROR()
          || type == NLMSG_DONE()) {
        return count;
      }
      count += FlowMessages.isFlow(memory, at) ? 1 : 0;
      at += Netlink.align(bytes);
    }
    return count;
  }

  private static void asEvent(byte[] datagram) {
    try (Arena arena = Arena.ofConfined();
        DatagramPair pair = DatagramPair.open()) {
      DatagramBatch batch = new DatagramBatch(arena, 64, EventSocket.MAX_MESSAGE_BYTES);
      FlowWalk walk = new FlowWalk(arena, batch.messages(), 64, new WireDecoder());
      pair.send(datagram);
      pair.send(RealMessages.NEW);
      int count = batch.receive(pair.descriptor());
      assertThat(count).isEqualTo(2);
      walk.addUndecodable(batch.join(count));
      walk.run(batch.offsetBytes(count), 0, 0);

      int flows = walk.flows().size();
      assertThat(flows).isBetween(1, 2);
      long last = walk.flows().offset(flows - 1);
      assertThat((long) FlowRecord.message(walk.flows().records(), last))
          .isEqualTo(batch.offsetBytes(1));
      assertThat(walk.takeUndecodable()).isEqualTo(2L - flows);
    }
  }
}
