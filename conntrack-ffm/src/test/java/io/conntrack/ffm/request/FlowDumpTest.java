package io.conntrack.ffm.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.request.FlowDump.Received;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
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
class FlowDumpTest {
  private static final SyntheticFlow IPV4 =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
  private static final SyntheticFlow IPV6 =
      SyntheticFlow.of(Tuple.tcp("2001:db8::1", 40000, "2001:db8::2", 443));

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
  void oneDumpHasTheFlowsOfBothFamilies() throws ConntrackException {
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump();
          FlowWriter writer = FlowWriter.open()) {
        writer.create(Stream.concat(flows(IPV4, 2_000), flows(IPV6, 1_000)));

        assertThat(flowsPerFamily(dump)).containsExactly(2_000, 1_000);
        assertThat(dump.takeUndecodable()).isZero();
        assertThat(dump.isRunning()).isFalse();
      }
    });
  }

  @Test
  void anEmptyTableIsADumpThatIsDone() throws ConntrackException {
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump()) {
        assertThat(flowsPerFamily(dump)).containsExactly(0, 0);
      }
    });
  }

  @Test
  void aDumpThatWasGivenUpDoesNotReachTheNextOne() throws ConntrackException {
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump();
          FlowWriter writer = FlowWriter.open()) {
        writer.create(flows(IPV4, 2_000));
        dump.begin(NetworkNamespace.OWN);
        assertThat(dump.receive()).isEqualTo(Received.PORTION);
        assertThat(dump.flows().size()).isPositive();

        assertThat(flowsPerFamily(dump)).containsExactly(2_000, 0);
      }
    });
  }

  @Test
  void theTableIsAsItWasAfterADump() throws ConntrackException {
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump();
          FlowWriter writer = FlowWriter.open()) {
        writer.create(flows(IPV4, 100));
        flowsPerFamily(dump);
      }
    });
    assertThat(namespace.conntrackCount()).isEqualTo(100);
  }

  private static Stream<SyntheticFlow> flows(SyntheticFlow flow, int count) {
    return IntStream.range(0, count).mapToObj(flow::client);
  }

  /** How many flows of IPv4 and of IPv6 a whole dump has. */
  private static int[] flowsPerFamily(FlowDump dump) throws ConntrackException {
    int[] flows = new int[2];
    dump.begin(NetworkNamespace.OWN);
    Received received;
    do {
      received = dump.receive();
      for (int i = 0; i < dump.flows().size(); i++) {
        int family = FlowRecord.family(dump.flows().records(), dump.flows().offset(i));
        flows[family == 2 ? 0 : 1]++;
      }
    } while (received == Received.PORTION);
    assertThat(received).as(() -> String.valueOf(dump.failure())).isEqualTo(Received.DONE);
    return flows;
  }
}
