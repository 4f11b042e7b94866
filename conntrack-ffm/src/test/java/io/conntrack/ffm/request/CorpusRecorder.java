package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.IPCTNL_MSG_CT_GET;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_ROUTE;
import static io.conntrack.ffm.generated.Netfilter.NFNL_SUBSYS_CTNETLINK;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_DUMP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_REQUEST;
import static io.conntrack.ffm.generated.Netfilter.RTMGRP_IPV4_IFADDR;
import static io.conntrack.ffm.generated.Netfilter.RTMGRP_IPV6_IFADDR;
import static io.conntrack.ffm.generated.Netfilter.RTM_GETADDR;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.ffm.socket.DatagramRecorder;
import io.conntrack.ffm.socket.MessageRecorder;
import io.conntrack.ffm.socket.RouteMessage;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.SyntheticFlow.ZoneDirection;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Records what this machine's kernel sends, as the seeds that fuzz tests begin with: a file a
 * message or datagram, named by what it is. Not part of {@code make test}: CONTRIBUTING.md says how
 * to run it.
 */
@KernelTest
class CorpusRecorder {
  private static final Path CORPUS = Path.of("src/test/resources/io/conntrack/ffm");
  private static final Path MESSAGES = CORPUS.resolve("message/FlowMessageFuzzInputs/decode");
  private static final Path FLOWS = CORPUS.resolve("socket/FlowDatagramFuzzInputs/receive");
  private static final Path STATISTICS =
      CORPUS.resolve("request/StatisticsDatagramFuzzInputs/read");
  private static final Path ADDRESSES = CORPUS.resolve("socket/AddressDatagramFuzzInputs/read");

  private static final int GET_FLOWS = (NFNL_SUBSYS_CTNETLINK() << 8) | IPCTNL_MSG_CT_GET();
  private static final int UNKNOWN = (NFNL_SUBSYS_CTNETLINK() << 8) | 0x7f;
  private static final SyntheticFlow TCP4 =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
  private static final SyntheticFlow TCP6 =
      SyntheticFlow.of(Tuple.tcp("2001:db8::1", 40000, "2001:db8::2", 443));

  private static Map<String, SyntheticFlow> flows() {
    Map<String, SyntheticFlow> flows = new LinkedHashMap<>();
    flows.put("tcp4", TCP4);
    flows.put("tcp6", TCP6);
    flows.put("tcp4-nat", TCP4.reply(Tuple.tcp("10.9.9.9", 8443, "10.0.0.99", 40001)));
    flows.put("udp4", SyntheticFlow.of(Tuple.udp("10.0.0.1", 5353, "192.0.2.1", 53)));
    flows.put("udp6", SyntheticFlow.of(Tuple.udp("2001:db8::1", 5353, "2001:db8::2", 53)));
    flows.put("sctp4", SyntheticFlow.of(Tuple.sctp("10.0.0.1", 5000, "192.0.2.1", 36412)));
    flows.put("icmp4", SyntheticFlow.of(Tuple.echo("10.0.0.1", "192.0.2.1", 77)));
    flows.put("icmp6", SyntheticFlow.of(Tuple.echo("2001:db8::1", "2001:db8::2", 77)));
    flows.put("tcp4-zone", TCP4.zone(7, ZoneDirection.BOTH));
    flows.put("tcp6-zone-original", TCP6.zone(8, ZoneDirection.ORIGINAL));
    flows.put("tcp4-zone-reply", TCP4.zone(9, ZoneDirection.REPLY));
    return flows;
  }

  @Test
  void flowMessages() throws IOException {
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      namespace.run(() -> {
        for (Map.Entry<String, SyntheticFlow> flow : flows().entrySet()) {
          record(flow.getKey(), flow.getValue());
        }
        for (TcpState state : TcpState.values()) {
          recordState(state);
        }
      });
      namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
      namespace.sysctl("net.netfilter.nf_conntrack_timestamp", 1);
      namespace.run(() -> record("tcp6-counted", TCP6));
    }
  }

  private static void record(String name, SyntheticFlow flow) throws IOException {
    try (MessageRecorder recorder = new MessageRecorder();
        FlowWriter writer = FlowWriter.open()) {
      writer.create(flow);
      write(MESSAGES, "new-" + name, only(recorder.events()));
      write(MESSAGES, "dump-" + name, only(MessageRecorder.dump()));
      writer.update(flow.mark(99));
      write(MESSAGES, "update-" + name, only(recorder.events()));
      writer.delete(flow);
      write(MESSAGES, "destroy-" + name, only(recorder.events()));
    }
  }

  private static void recordState(TcpState state) throws IOException {
    try (FlowWriter writer = FlowWriter.open()) {
      writer.create(TCP4.state(state));
      String name = "dump-tcp4-" + state.name().toLowerCase(Locale.ROOT);
      write(MESSAGES, name, only(MessageRecorder.dump()));
      writer.delete(TCP4);
    }
  }

  private static byte[] only(List<byte[]> messages) {
    assertThat(messages).hasSize(1);
    return messages.getFirst();
  }

  @Test
  void flowDatagrams() throws IOException {
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      namespace.run(() -> {
        try (DatagramRecorder events = DatagramRecorder.open(NETLINK_NETFILTER(), 7);
            DatagramRecorder asked = DatagramRecorder.open(NETLINK_NETFILTER(), 0);
            FlowWriter writer = FlowWriter.open()) {
          write(FLOWS, "dump-empty", asked.ask(GET_FLOWS, NLM_F_REQUEST() | NLM_F_DUMP()));
          writer.create(TCP4, TCP6);
          write(FLOWS, "event", events.received());
          write(FLOWS, "dump", asked.ask(GET_FLOWS, NLM_F_REQUEST() | NLM_F_DUMP()));
          write(FLOWS, "refused", asked.ask(UNKNOWN, NLM_F_REQUEST()));
        }
      });
    }
  }

  @Test
  void statisticsDatagrams() throws IOException {
    try (Namespace namespace = Namespace.create()) {
      namespace.run(() -> {
        try (DatagramRecorder asked = DatagramRecorder.open(NETLINK_NETFILTER(), 0);
            FlowWriter writer = FlowWriter.open()) {
          writer.create(TCP4, TCP6);
          write(STATISTICS, "table", asked.ask(StatisticsWalk.TABLE, NLM_F_REQUEST()));
          int dump = NLM_F_REQUEST() | NLM_F_DUMP();
          write(STATISTICS, "cpus", asked.ask(StatisticsWalk.CPU, dump));
          write(STATISTICS, "refused", asked.ask(UNKNOWN, NLM_F_REQUEST()));
        }
      });
    }
  }

  @Test
  void addressDatagrams() throws IOException {
    try (Namespace namespace = Namespace.create()) {
      namespace.run(() -> {
        int groups = RTMGRP_IPV4_IFADDR() | RTMGRP_IPV6_IFADDR();
        try (DatagramRecorder changes = DatagramRecorder.open(NETLINK_ROUTE(), groups);
            DatagramRecorder asked = DatagramRecorder.open(NETLINK_ROUTE(), 0)) {
          namespace.sh("ip addr add 10.9.0.1 peer 10.9.0.2 dev lo; ip addr add fd00::5/64 dev lo");
          write(ADDRESSES, "dump", asked.ask(RTM_GETADDR(), NLM_F_REQUEST() | NLM_F_DUMP()));
          namespace.sh("ip addr del 10.9.0.1 peer 10.9.0.2 dev lo; ip addr del fd00::5/64 dev lo");
          write(ADDRESSES, "change", changes.received());
          write(ADDRESSES, "refused", asked.ask(RTM_GETADDR() | 0x4000, NLM_F_REQUEST()));
        }
      });
    }
  }

  @Test
  void routeDatagrams() throws IOException {
    try (Namespace namespace = Namespace.create()) {
      namespace.run(() -> {
        try (DatagramRecorder changes =
                DatagramRecorder.open(NETLINK_ROUTE(), RouteMessage.GROUPS);
            DatagramRecorder asked = DatagramRecorder.open(NETLINK_ROUTE(), 0)) {
          namespace.sh(
              "ip route add local 10.9.0.0/16 dev lo; ip route add broadcast 10.8.0.255 dev lo;"
                  + " ip route add local 2001:db8::/64 dev lo; ip route add 10.1.0.0/16 dev lo");
          write(ADDRESSES, "routes", asked.ask(RouteMessage.GET, NLM_F_REQUEST() | NLM_F_DUMP()));
          write(ADDRESSES, "routes-change", changes.received());
        }
      });
    }
  }

  private static void write(Path folder, String name, List<byte[]> datagrams) throws IOException {
    assertThat(datagrams).as(name).isNotEmpty();
    for (int i = 0; i < datagrams.size(); i++) {
      write(folder, name + "-" + (i + 1), datagrams.get(i));
    }
  }

  private static void write(Path folder, String name, byte[] seed) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve(name), seed);
  }
}
