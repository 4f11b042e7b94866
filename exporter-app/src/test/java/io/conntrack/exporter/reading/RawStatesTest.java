package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** TCP's own states, beside the four: what {@code conntrack -L} shows. */
@KernelTest
class RawStatesTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0.1", 443));

  @Test
  void eachStateOfTcpIsCountedAsTheKernelHasIt() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader some = RunningReader.in(namespace, "--states=raw");
        RunningReader all = RunningReader.in(namespace, "--states=raw", "--log-events");
        FlowWriter writer = FlowWriter.in(namespace)) {
      for (TcpState state : TcpState.values()) {
        for (int i = 0; i <= state.number(); i++) {
          SyntheticFlow flow = FLOW.client(100 * state.number() + i);
          writer.create(flow.state(TcpState.SYN_SENT));
          writer.update(flow.state(state));
        }
      }

      awaitTheKernels(some, namespace);
      awaitTheKernels(all, namespace);
      assertThat(shown(some)).hasSize(TcpState.values().length - 1);
      assertThat(some.statistics().lastResync().changed()).as("left to repair").isZero();
    }
  }

  @Test
  void realConnectionsAreCountedAsTheKernelHasThemWhereverTheyAreShown() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic fromA = Traffic.in(hosts.a());
        Traffic fromB = Traffic.in(hosts.b());
        RunningReader a = RunningReader.in(hosts.a(), "--states=raw", "--max-endpoints=1");
        RunningReader b = RunningReader.in(hosts.b(), "--states=raw", "--log-events")) {
      fromA.exchange(fromB.bind(B_IPV4, 53));
      fromA.connect(fromB.listen(B_IPV6, 8080));
      ServerSocket server = fromB.listen(B_IPV4, 8080);
      fromA.connect(server);
      fromA.connect(server).halfCloseClient();
      fromA.connect(server).halfCloseServer();
      fromA.connect(server).close();
      fromA.connect(server).reset();
      fromA.dropAnswers(9090);
      fromB.listen(B_IPV4, 9090);
      fromA.connectUnanswered(B_IPV4, 9090);

      awaitTheKernels(a, hosts.a());
      awaitTheKernels(b, hosts.b());
      assertThat(shown(a)).containsKeys(TcpState.ESTABLISHED, TcpState.TIME_WAIT, TcpState.CLOSE);
      assertThat(shown(b)).containsEntry(TcpState.SYN_RECV, 1L);
    }
  }

  private static void awaitTheKernels(RunningReader reader, Namespace namespace) {
    Await.until(
        "TCP's states to be the kernel's",
        () -> {
          Map<TcpState, Long> kernels = new EnumMap<>(TcpState.class);
          kernels.putAll(ConntrackTable.of(namespace).tcpStates());
          kernels.remove(TcpState.NONE);
          return shown(reader).equals(kernels);
        });
  }

  /** Over all endpoints; states without connections are absent. */
  private static Map<TcpState, Long> shown(RunningReader reader) {
    Snapshot snapshot = reader.observe().connections();
    Map<TcpState, Long> shown = new EnumMap<>(TcpState.class);
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (var state : io.conntrack.aggregator.state.TcpState.values()) {
        shown.merge(
            TcpState.valueOf(state.name()),
            (long) snapshot.tcpConnections(endpoint, state),
            Long::sum);
      }
    }
    shown.values().removeIf(count -> count == 0);
    return shown;
  }
}
