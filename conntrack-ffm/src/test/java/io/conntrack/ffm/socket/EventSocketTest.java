package io.conntrack.ffm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.socket.EventSocket.Received;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@KernelTest
class EventSocketTest {
  private static final int MEBIBYTE = 1 << 20;
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));

  private Namespace namespace;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
  }

  @AfterEach
  void close() {
    namespace.close();
  }

  @Test
  void everyEventOfABurstComesInItsOrder() throws ConntrackException {
    namespace.run(() -> {
      try (ReceiveBuffers buffers = new ReceiveBuffers();
          EventSocket events =
              EventSocket.open(NetworkNamespace.OWN, buffers, 64 * MEBIBYTE, EventFilter.ALL);
          FlowWriter writer = FlowWriter.open()) {
        writer.create(flows(30_000));
        writer.delete(flows(30_000));

        int[] kinds = new int[60_000];
        int count = 0;
        Received received;
        do {
          received = events.receive();
          assertThat(received).isNotEqualTo(Received.OVERRUN);
          for (int i = 0; i < events.flows().size(); i++) {
            kinds[count++] = FlowRecord.kind(events.flows().records(), events.flows().offset(i));
          }
        } while (received == Received.MORE);

        assertThat(count).isEqualTo(60_000);
        assertThat(kinds).startsWith(FlowRecord.NEW).endsWith(FlowRecord.DESTROY);
        assertThat(events.takeLost()).isZero();
        assertThat(events.takeUndecodable()).isZero();
      }
    });
  }

  @Test
  void theEventsOfAnOverrunAreLostOrReceivedAndTheirSumIsExact() throws ConntrackException {
    namespace.run(() -> {
      try (ReceiveBuffers buffers = new ReceiveBuffers();
          EventSocket events =
              EventSocket.open(NetworkNamespace.OWN, buffers, MEBIBYTE / 4, EventFilter.ALL);
          FlowWriter writer = FlowWriter.open()) {
        writer.create(flows(5_000));

        assertThat(events.receive()).isEqualTo(Received.OVERRUN);
        assertThat(events.flows().size()).isZero();
        long received = drain(events);
        long lost = events.takeLost();

        assertThat(lost).isPositive();
        assertThat(received).isPositive();
        assertThat(lost + received).isEqualTo(5_000);
        assertThat(events.takeLost()).isZero();

        writer.delete(flows(10));
        assertThat(drain(events)).as("events after the queue was emptied").isEqualTo(10);
      }
    });
  }

  @Test
  void theBufferIsTheOneThatWasAskedForAndDoubledByTheKernel() throws ConntrackException {
    long bytes =
        namespace.call(() -> {
          try (ReceiveBuffers buffers = new ReceiveBuffers();
              EventSocket events =
                  EventSocket.open(NetworkNamespace.OWN, buffers, 32 * MEBIBYTE, EventFilter.ALL)) {
            return events.receiveBufferBytes();
          }
        });

    assertThat(bytes).isEqualTo(64 * MEBIBYTE);
  }

  @Test
  void aPollerWaitsForAnEventAndNotLonger() throws ConntrackException {
    namespace.run(() -> {
      try (ReceiveBuffers buffers = new ReceiveBuffers();
          EventSocket events =
              EventSocket.open(NetworkNamespace.OWN, buffers, MEBIBYTE, EventFilter.ALL);
          Poller poller = new Poller(events);
          FlowWriter writer = FlowWriter.open()) {
        poller.await(0);
        assertThat(poller.isReady(events)).isFalse();

        writer.create(FLOW);
        poller.await(-1);
        assertThat(poller.isReady(events)).isTrue();
      }
    });
  }

  private static Stream<SyntheticFlow> flows(int count) {
    return IntStream.range(0, count).mapToObj(FLOW::client);
  }

  private static long drain(EventSocket events) throws ConntrackException {
    long count = 0;
    Received received;
    do {
      received = events.receive();
      assertThat(received).isNotEqualTo(Received.OVERRUN);
      count += events.flows().size();
    } while (received == Received.MORE);
    return count;
  }
}
