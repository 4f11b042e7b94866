package io.conntrack.ffm.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.generated.Netfilter;
import io.conntrack.ffm.socket.MessageRecorder;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealMessages;
import io.conntrack.testbed.SctpState;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.SyntheticFlow.ZoneDirection;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Both decoders make the same record of every message, of every kind that the kernel sends. */
@KernelTest
class DecoderAgreementTest {
  private static final int MESSAGES_AT_LEAST = 5_000;

  /** What was met, so that a test that met nothing fails. */
  private final Set<String> met = new TreeSet<>();

  @Test
  void theWireDecoderMakesTheRecordThatTheLibraryMakes() throws IOException {
    List<byte[]> messages = new ArrayList<>();
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      namespace.nft(
          """
          table inet marks {
            chain out { type filter hook output priority 10; ct mark set numgen inc mod 100000 offset 1; }
          }
          """);
      messages.addAll(namespace.call(DecoderAgreementTest::record));
      namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
      namespace.sysctl("net.netfilter.nf_conntrack_timestamp", 1);
      messages.addAll(namespace.call(DecoderAgreementTest::record));
    }

    messages.forEach(this::assertDecodersAgree);

    assertThat(messages).hasSizeGreaterThan(MESSAGES_AT_LEAST);
    assertThat(met)
        .contains("kind=1", "kind=2", "kind=3", "family=2", "family=10", "nat", "untold state")
        .contains("protocol=1", "protocol=6", "protocol=17", "protocol=58", "protocol=132")
        .contains("state=0", "state=1", "state=2", "state=3", "state=4")
        .contains("state=5", "state=6", "state=7", "state=8", "state=9")
        .contains("zone=0", "zone=7", "zone=8")
        .contains("sctp=0", "sctp=5", "replied=false", "replied=true", "status=8", "status=e")
        .contains("bytes", "no bytes", "start", "no start")
        .doesNotContain("untold status");
  }

  private static List<byte[]> record() throws IOException {
    try (MessageRecorder recorder = new MessageRecorder();
        FlowWriter writer = FlowWriter.open()) {
      writer.create(flows());
      connect("127.0.0.1");
      connect("::1");
      List<byte[]> messages = MessageRecorder.dump();
      writer.update(flows().map(flow -> flow.mark(99)));
      writer.delete(flows());
      messages.addAll(recorder.events());
      return messages;
    }
  }

  private static Stream<SyntheticFlow> flows() {
    SyntheticFlow tcp4 = SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
    SyntheticFlow tcp6 = SyntheticFlow.of(Tuple.tcp("2001:db8::1", 40000, "2001:db8::2", 443));
    Stream<SyntheticFlow> others =
        Stream.of(
            tcp4.reply(Tuple.tcp("10.9.9.9", 8443, "10.0.0.99", 40001)),
            SyntheticFlow.of(Tuple.udp("10.0.0.1", 5353, "192.0.2.1", 53)),
            SyntheticFlow.of(Tuple.udp("2001:db8::1", 5353, "2001:db8::2", 53)),
            SyntheticFlow.of(Tuple.sctp("10.0.0.1", 5000, "192.0.2.1", 36412)),
            SyntheticFlow.of(Tuple.sctp("10.0.0.2", 5000, "192.0.2.1", 36412))
                .state(SctpState.SHUTDOWN_SENT),
            SyntheticFlow.of(Tuple.udp("10.0.0.2", 5353, "192.0.2.1", 53)).status(0),
            SyntheticFlow.of(Tuple.echo("10.0.0.1", "192.0.2.1", 77)),
            SyntheticFlow.of(Tuple.echo("2001:db8::1", "2001:db8::2", 77)),
            tcp4.zone(7, ZoneDirection.BOTH),
            tcp6.zone(8, ZoneDirection.ORIGINAL),
            tcp4.client(600_000).zone(9, ZoneDirection.REPLY));
    return Stream.of(inEveryState(tcp4, 100), inEveryState(tcp6, 100), others)
        .flatMap(each -> each);
  }

  private static Stream<SyntheticFlow> inEveryState(SyntheticFlow flow, int each) {
    return Stream.of(TcpState.values())
        .flatMap(state ->
            Stream.iterate(0, i -> i < each, i -> i + 1)
                .map(i -> flow.client(state.number() * each + i).state(state)));
  }

  private static void connect(String address) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.ofLiteral(address));
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      client.getOutputStream().write(1);
      assertThat(accepted.getInputStream().read()).isEqualTo(1);
    }
  }

  private void assertDecodersAgree(byte[] message) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = RealMessages.inMemory(arena, message);
      MemorySegment wire = arena.allocate(FlowRecord.LAYOUT);
      MemorySegment library = arena.allocate(FlowRecord.LAYOUT);
      String hex = HexFormat.of().formatHex(message);
      assertThat(new LibraryDecoder().decode(memory, 0, message.length, library, 0))
          .as(hex)
          .isTrue();
      assertThat(new WireDecoder().decode(memory, 0, message.length, wire, 0)).as(hex).isTrue();
      assertThat(wire.toArray(ValueLayout.JAVA_BYTE))
          .as(hex)
          .isEqualTo(library.toArray(ValueLayout.JAVA_BYTE));
      note(wire);
      assertExtrasAgree(memory, hex);
    }
  }

  private void assertExtrasAgree(MemorySegment message, String hex) {
    FlowExtras extras = new FlowExtras();
    extras.read(message, 0, (int) message.byteSize());
    MemorySegment flow = Netfilter.nfct_new();
    try {
      assertThat(Netfilter.nfct_nlmsg_parse(message, flow)).as(hex).isZero();
      assertThat(
              List.of(
                  extras.originalPackets(),
                  extras.originalBytes(),
                  extras.replyPackets(),
                  extras.replyBytes(),
                  extras.startUnixNs()))
          .as(hex)
          .isEqualTo(
              Stream.of(
                      Netfilter.ATTR_ORIG_COUNTER_PACKETS(),
                      Netfilter.ATTR_ORIG_COUNTER_BYTES(),
                      Netfilter.ATTR_REPL_COUNTER_PACKETS(),
                      Netfilter.ATTR_REPL_COUNTER_BYTES(),
                      Netfilter.ATTR_TIMESTAMP_START())
                  .map(attribute -> Netfilter.nfct_get_attr_u64(flow, attribute))
                  .toList());
      assertThat(extras.hasCounters())
          .as(hex)
          .isEqualTo(Netfilter.nfct_attr_is_set(flow, Netfilter.ATTR_ORIG_COUNTER_PACKETS()) > 0);
    } finally {
      Netfilter.nfct_destroy(flow);
    }
    met.add(extras.replyBytes() > 0 ? "bytes" : "no bytes");
    met.add(extras.startUnixNs() > 0 ? "start" : "no start");
    met.add(extras.eventUnixNs() > 0 ? "event's time" : "no event's time");
  }

  private void note(MemorySegment record) {
    met.add("kind=" + FlowRecord.kind(record, 0));
    met.add("family=" + FlowRecord.family(record, 0));
    met.add("protocol=" + FlowRecord.protocol(record, 0));
    met.add("zone=" + FlowRecord.zone(record, 0));
    int state = FlowRecord.state(record, 0);
    boolean untold = state == FlowRecord.NO_STATE;
    switch (FlowRecord.protocol(record, 0)) {
      case Tuple.TCP -> met.add(untold ? "untold state" : "state=" + state);
      case Tuple.SCTP -> met.add("sctp=" + state);
      default -> assertThat(untold).isTrue();
    }
    met.add("status=" + Integer.toHexString(FlowRecord.status(record, 0)));
    met.add("replied=" + FlowRecord.isReplied(record, 0));
    if (!FlowRecord.hasStatus(record, 0)) {
      met.add("untold status");
    }
    if (FlowRecord.originalSourceLow(record, 0) != FlowRecord.replyDestinationLow(record, 0)) {
      met.add("nat");
    }
  }
}
