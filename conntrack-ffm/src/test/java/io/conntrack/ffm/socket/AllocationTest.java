package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.socket.EventSocket.Received;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.AllocatedBytes;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The path of an event makes no garbage. */
@KernelTest
class AllocationTest {
  private static final int FLOWS = 20_000;
  private static final int WARM_UP_ROUNDS = 12;

  @Test
  void receivingAndDecodingEventsAllocatesNothing() throws Exception {
    List<SyntheticFlow> flows =
        IntStream.range(0, FLOWS)
            .mapToObj(SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443))::client)
            .toList();
    try (Namespace namespace = Namespace.create()) {
      long allocatedBytes =
          namespace.call(() -> {
            try (ReceiveBuffers buffers = new ReceiveBuffers();
                EventSocket events =
                    EventSocket.open(NetworkNamespace.OWN, buffers, 128 << 20, EventFilter.ALL);
                FlowWriter writer = FlowWriter.open()) {
              long bytes = 0;
              for (int round = 0; round <= WARM_UP_ROUNDS; round++) {
                writer.create(flows.stream());
                writer.delete(flows.stream());
                bytes = allocatedBy(events);
              }
              return bytes;
            }
          });

      // A byte an event would be five times this, which is a batch's worth of odds and ends.
      assertThat(allocatedBytes).isLessThan(8_192);
    }
  }

  private static long allocatedBy(EventSocket events) throws ConntrackException {
    long before = AllocatedBytes.ofThisThread();
    int count = 0;
    Received received;
    do {
      received = events.receive();
      count += events.flows().size();
    } while (received == Received.MORE);
    long after = AllocatedBytes.ofThisThread();
    assertThat(count).isEqualTo(2 * FLOWS);
    return after - before;
  }
}
