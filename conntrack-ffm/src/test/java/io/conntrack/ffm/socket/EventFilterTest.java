package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.SO_ATTACH_FILTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.message.FlowBatch;
import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.SystemCalls;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealMessages;
import io.conntrack.testbed.SctpState;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
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
  private static final int FLAGS_HIGH_BYTE = 7;
  private static final int STATE_FROM_END = 48;
  private static final int STATUS_FROM_END = 72;
  private static final Set<TcpState> TOLD =
      EnumSet.of(
          TcpState.ESTABLISHED,
          TcpState.FIN_WAIT,
          TcpState.CLOSE_WAIT,
          TcpState.TIME_WAIT,
          TcpState.CLOSE);

  private static final EventFilter TCP = EventFilter.changes(Set.of(Tuple.TCP), false);

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
    return heard(TCP, all, changes);
  }

  private List<String> heard(EventFilter filter, int all, Changes changes)
      throws ConntrackException {
    return namespace.call(() -> {
      try (ReceiveBuffers buffers = new ReceiveBuffers();
          EventSocket everything =
              EventSocket.open(NetworkNamespace.OWN, buffers, BUFFER_BYTES, EventFilter.ALL);
          EventSocket filtered =
              EventSocket.open(NetworkNamespace.OWN, buffers, BUFFER_BYTES, filter);
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
                + FlowRecord.state(batch.records(), batch.offset(i)));
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
  void hearsUpdatesToEveryStateOfTcpWhenEachCounts() throws Exception {
    SyntheticFlow flow =
        SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443)).state(TcpState.SYN_SENT);
    SyntheticFlow udp = SyntheticFlow.of(Tuple.udp("10.0.0.1", 40000, "192.0.2.1", 53));
    int all = TcpState.values().length + 4;
    Changes changes =
        writer -> {
          writer.create(flow, udp);
          for (TcpState state : TcpState.values()) {
            writer.update(flow.state(state));
          }
          writer.delete(flow, udp);
        };

    assertThat(heard(EventFilter.changes(Set.of(Tuple.TCP), true), all, changes)).hasSize(all - 2);
    assertThat(heard(EventFilter.changes(Set.of(Tuple.TCP, Tuple.SCTP), true), all, changes))
        .hasSize(all - 2);
  }

  @Test
  void ofProtocolsWithoutStatesHearsWhatHasBeenAnsweredAndOfSctpEachState() throws Exception {
    SyntheticFlow tcp = SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
    SyntheticFlow udp = SyntheticFlow.of(Tuple.udp("10.0.0.1", 40000, "192.0.2.1", 53)).status(0);
    SyntheticFlow ping = SyntheticFlow.of(Tuple.echo("2001:db8::1", "2001:db8::2", 7)).status(0);
    SyntheticFlow sctp =
        SyntheticFlow.of(Tuple.sctp("10.0.0.1", 40000, "192.0.2.1", 9))
            .state(SctpState.COOKIE_WAIT);
    Changes changes =
        writer -> {
          writer.create(tcp, udp, ping, sctp);
          writer.update(udp.mark(1), ping.mark(1)); // still unanswered
          writer.update(tcp.state(TcpState.LAST_ACK), sctp.state(SctpState.ESTABLISHED));
          writer.update(
              udp.status(SyntheticFlow.SEEN_REPLY), ping.status(SyntheticFlow.SEEN_REPLY));
          writer.delete(tcp, udp, ping, sctp);
        };
    int all = 14;

    assertThat(heard(EventFilter.changes(Set.of(Tuple.UDP), false), all, changes))
        .containsExactly("1 255", "2 255", "3 255");
    assertThat(heard(EventFilter.changes(Set.of(Tuple.SCTP), false), all, changes))
        .containsExactly("1 2", "2 4", "3 4");
    assertThat(heard(EventFilter.changes(Set.of(Tuple.ICMP, Tuple.ICMPV6), false), all, changes))
        .containsExactly("1 255", "2 255", "3 255");
    assertThat(heard(EventFilter.changes(Set.of(Tuple.TCP, Tuple.UDP), false), all, changes))
        .containsExactly("1 3", "1 255", "2 255", "3 6", "3 255");
    Set<Integer> everyOne = Set.of(Tuple.TCP, Tuple.UDP, Tuple.SCTP, Tuple.ICMP, Tuple.ICMPV6);
    assertThat(heard(EventFilter.changes(everyOne, false), all, changes))
        .hasSize(all - 3)
        .doesNotContain("2 6");
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
          try (ReceiveBuffers buffers = new ReceiveBuffers();
              EventSocket everything =
                  EventSocket.open(NetworkNamespace.OWN, buffers, BUFFER_BYTES, EventFilter.ALL);
              EventSocket filtered =
                  EventSocket.open(NetworkNamespace.OWN, buffers, BUFFER_BYTES, TCP)) {
            connectAndClose();
            return List.of(receive(everything), receive(filtered));
          }
        });

    String untold = FlowRecord.UPDATE + " " + FlowRecord.NO_STATE;
    assertThat(heard.get(0)).startsWith("1 1", "2 2").contains(untold, "2 3", "2 7");
    assertThat(heard.get(1)).startsWith("1 1", "2 3", "2 4").endsWith("2 7").doesNotContain(untold);
  }

  /** Messages as Linux 5.10 sends them when it offloads a flow in SYN_RECV. */
  @ParameterizedTest
  @CsvSource({"2, 0, 0", "2, 0x3fff, 0", "2, 0x4000, 1", "2, 0x8000, 1", "3, 0, 1"})
  void hearsUpdatesOfFlowsThatAFlowtableHas(int state, String status, int heard) {
    byte[] update = RealMessages.NEW.clone();
    update[FLAGS_HIGH_BYTE] = 0;
    update[update.length - STATE_FROM_END] = (byte) state;
    ByteBuffer.wrap(update).putInt(update.length - STATUS_FROM_END, Integer.decode(status));
    try (Arena arena = Arena.ofConfined();
        DatagramPair pair = DatagramPair.open()) {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      MemorySegment program = TCP.program(arena);
      assertThat(SystemCalls.setOption(errno, pair.descriptor(), SO_ATTACH_FILTER(), program))
          .isZero();
      DatagramBatch batch = new DatagramBatch(arena, 4, EventSocket.MAX_MESSAGE_BYTES);
      pair.send(update);
      pair.send(RealMessages.NEW);

      assertThat(batch.receive(pair.descriptor())).isEqualTo(1 + heard);
    }
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
