package io.conntrack.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a filtered socket hears, beside one that hears all. */
@KernelTest
class EventFilterTest {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final Set<TcpState> TOLD =
      EnumSet.of(
          TcpState.ESTABLISHED,
          TcpState.FIN_WAIT,
          TcpState.CLOSE_WAIT,
          TcpState.TIME_WAIT,
          TcpState.CLOSE);

  private Namespace namespace;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
  }

  @AfterEach
  void close() {
    namespace.close();
  }

  private interface Changes {
    void make(FlowWriter writer) throws ConntrackException;
  }

  /** What the filtered socket heard, each a kind and a state; the other one heard {@code all}. */
  private List<String> heard(int all, Changes changes) throws ConntrackException {
    return namespace.call(() -> {
      try (EventSocket everything = EventSocket.open(BUFFER_BYTES, EventFilter.ALL);
          EventSocket filtered = EventSocket.open(BUFFER_BYTES, EventFilter.TCP_CHANGES);
          FlowWriter writer = FlowWriter.open()) {
        changes.make(writer);
        assertThat(receive(everything)).hasSize(all);
        List<String> heard = receive(filtered);
        assertThat(filtered.takeLost()).as("what is left out is not lost").isZero();
        assertThat(filtered.takeUndecodable()).isZero();
        return heard;
      }
    });
  }

  private static List<String> receive(EventSocket events) throws ConntrackException {
    List<String> received = new ArrayList<>();
    EventSocket.Received result;
    do {
      result = events.receive();
      FlowBatch batch = events.flows();
      for (int i = 0; i < batch.size(); i++) {
        received.add(
            FlowRecord.kind(batch.records(), batch.offset(i))
                + " "
                + FlowRecord.tcpState(batch.records(), batch.offset(i)));
      }
    } while (result == EventSocket.Received.MORE);
    return received;
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.1, 192.0.2.1", "2001:db8::1, 2001:db8::2"})
  void hearsEachNewAndDestroyAndUpdatesToStatesThatCount(String source, String destination)
      throws Exception {
    SyntheticFlow flow =
        SyntheticFlow.of(Tuple.tcp(source, 40000, destination, 443)).state(TcpState.SYN_SENT);
    List<String> expected = new ArrayList<>(List.of(FlowRecord.NEW + " 1"));
    for (TcpState state : TcpState.values()) {
      if (TOLD.contains(state)) {
        expected.add(FlowRecord.UPDATE + " " + state.number());
      }
    }
    expected.add(FlowRecord.DESTROY + " " + TcpState.SYN_SENT2.number());

    List<String> heard =
        heard(
            TcpState.values().length + 2,
            writer -> {
              writer.create(flow);
              for (TcpState state : TcpState.values()) {
                writer.update(flow.state(state));
              }
              writer.delete(flow);
            });

    assertThat(heard).isEqualTo(expected);
  }

  @Test
  void hearsNoOtherProtocol() throws Exception {
    SyntheticFlow udp = SyntheticFlow.of(Tuple.udp("10.0.0.1", 40000, "192.0.2.1", 53));
    SyntheticFlow echo = SyntheticFlow.of(Tuple.echo("10.0.0.1", "192.0.2.1", 7));
    SyntheticFlow sctp = SyntheticFlow.of(Tuple.sctp("10.0.0.1", 40000, "192.0.2.1", 9));

    List<String> heard =
        heard(
            6,
            writer -> {
              writer.create(udp, echo, sctp);
              writer.delete(udp, echo, sctp);
            });

    assertThat(heard).isEmpty();
  }

  @Test
  void ofARealConnectionWhoseMarkChangesHearsWhatCounts() throws Exception {
    namespace.trackConnections();
    namespace.nft(
        """
        table inet marks {
          chain out { type filter hook output priority 10; ct mark set numgen inc mod 100000 offset 1; }
        }
        """);
    List<List<String>> heard =
        namespace.call(() -> {
          try (EventSocket everything = EventSocket.open(BUFFER_BYTES, EventFilter.ALL);
              EventSocket filtered = EventSocket.open(BUFFER_BYTES, EventFilter.TCP_CHANGES)) {
            connectAndClose();
            return List.of(receive(everything), receive(filtered));
          }
        });

    String untold = FlowRecord.UPDATE + " " + FlowRecord.NO_STATE;
    assertThat(heard.get(0)).startsWith("1 1", "2 2").contains(untold, "2 3", "2 7");
    assertThat(heard.get(1)).startsWith("1 1", "2 3", "2 4").endsWith("2 7").doesNotContain(untold);
  }

  private static void connectAndClose() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
      Socket client = new Socket(loopback, server.getLocalPort());
      Socket accepted = server.accept();
      client.getOutputStream().write(1);
      accepted.getInputStream().read();
      client.close();
      while (accepted.getInputStream().read() >= 0) {} // until the client's FIN is there
      accepted.close();
    }
  }
}
