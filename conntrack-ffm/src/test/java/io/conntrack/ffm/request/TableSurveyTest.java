package io.conntrack.ffm.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.socket.MessageRecorder;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealMessages;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@KernelTest
class TableSurveyTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
  private static final int OFFLOAD = 1 << 14;
  private static final int HW_OFFLOAD = 1 << 15;

  /** Of the NEW message: where its CTA_STATUS has its bits. */
  private static final int STATUS = RealMessages.NEW.length - 72;

  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void countsTheFlowsOfTheTable() throws ConntrackException {
    assertThat(namespace.call(TableSurvey::take)).isEqualTo(new TableSurvey(0, 0));
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 3_000).mapToObj(FLOW::client));
      writer.create(SyntheticFlow.of(Tuple.udp("2001:db8::1", 40000, "2001:db8::2", 53)));
    }
    assertThat(namespace.call(TableSurvey::take)).isEqualTo(new TableSurvey(3_001, 0));
  }

  @Test
  void readsTheStatusThatTheKernelTells() throws ConntrackException {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(FLOW.status(SyntheticFlow.SEEN_REPLY));
    }
    byte[] message = namespace.call(MessageRecorder::dump).getFirst();
    assertThat(status(message) & (SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED))
        .isEqualTo(SyntheticFlow.SEEN_REPLY);
  }

  /** No kernel sets these bits when it is asked to: they come from flowtables alone. */
  @Test
  void countsTheFlowsThatAFlowtableForwards() {
    assertThat(survey(status(0))).isEqualTo(new TableSurvey(1, 0));
    assertThat(survey(status(OFFLOAD))).isEqualTo(new TableSurvey(1, 1));
    assertThat(survey(status(HW_OFFLOAD | OFFLOAD))).isEqualTo(new TableSurvey(1, 1));
  }

  @Test
  void aMessageThatEndsEarlyHasNoStatus() {
    byte[] message = status(OFFLOAD);
    for (int length = Netlink.HEADER_BYTES; length < STATUS + Integer.BYTES; length++) {
      byte[] part = Arrays.copyOf(message, length);
      part[0] = (byte) length;
      assertThat(status(part)).as("length=%d", length).isZero();
    }
  }

  /** The NEW message with other status bits. */
  private static byte[] status(int bits) {
    byte[] message = RealMessages.NEW.clone();
    ByteBuffer.wrap(message).putInt(STATUS, bits);
    return message;
  }

  private static int status(byte[] message) {
    try (Arena arena = Arena.ofConfined()) {
      return TableSurvey.Counter.status(RealMessages.inMemory(arena, message), 0);
    }
  }

  private static TableSurvey survey(byte[] message) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, message);
      TableSurvey.Counter counter = new TableSurvey.Counter();
      assertThat(counter.visit(memory, 0)).isTrue();
      return new TableSurvey(counter.flows, counter.offloaded);
    }
  }
}
