package io.conntrack.ffm.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.ConntrackStatistics;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the kernel tells, held to what the {@code conntrack} command says of the same namespace. */
@KernelTest
class StatisticsQueryTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));

  /** More would take long, and much of the kernel's memory. */
  private static final int LARGEST_TABLE = 1 << 20;

  @AutoClose private final Namespace namespace = Namespace.create();

  private KernelStatistics read() throws ConntrackException {
    return namespace.call(() -> {
      try (StatisticsQuery query = new StatisticsQuery()) {
        return query.read(NetworkNamespace.OWN);
      }
    });
  }

  /** The sums over all CPUs, when each CPU has been found to be what the command says. */
  private Map<KernelCounter, Long> sums() throws ConntrackException {
    Map<Integer, Map<KernelCounter, Long>> told = read().counters();
    Map<Integer, Map<String, Long>> named = new TreeMap<>();
    Map<KernelCounter, Long> sums = new EnumMap<>(KernelCounter.class);
    told.forEach((cpu, counters) -> {
      Map<String, Long> names = new TreeMap<>();
      counters.forEach((counter, value) -> {
        names.put(counter.name().toLowerCase(Locale.ROOT), value);
        sums.merge(counter, value, Long::sum);
      });
      named.put(cpu, names);
    });
    assertThat(named).isEqualTo(ConntrackStatistics.byCpu(namespace));
    return sums;
  }

  @Test
  void entriesAndLimitAreTheNamespacesOwn() throws ConntrackException {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      assertThat(read().entries()).hasValue(0);
      writer.create(IntStream.range(0, 1_234).mapToObj(FLOW::client));
      writer.create(SyntheticFlow.of(Tuple.udp("127.0.0.1", 40000, "192.0.2.1", 53)));
    }
    KernelStatistics told = read();
    assertThat(told.entries()).hasValue(1_235).hasValue(namespace.conntrackCount());
    assertThat(told.limit())
        .hasValue(Long.parseLong(namespace.sysctl("net.netfilter.nf_conntrack_max")));
  }

  @Test
  void readingDisturbsNoDumpThatIsUnderWay() throws ConntrackException {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 2_000).mapToObj(FLOW::client));
    }
    namespace.run(() -> {
      try (FlowDump dump = new FlowDump();
          StatisticsQuery query = new StatisticsQuery()) {
        int flows = 0;
        dump.begin(NetworkNamespace.OWN);
        while (dump.isRunning()) {
          assertThat(dump.receive()).isNotEqualTo(FlowDump.Received.FAILED);
          flows += dump.flows().size();
          assertThat(query.read(NetworkNamespace.OWN).entries()).hasValue(2_000);
        }
        assertThat(flows).isEqualTo(2_000);
      }
    });
  }

  @Test
  void entriesThatProgramsMakeAreInserted() throws ConntrackException {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 5).mapToObj(FLOW::client));
    }
    assertThat(sums()).containsEntry(KernelCounter.INSERT, 5L);
  }

  @Test
  void aConnectionWhoseAnswersAreAnothersCannotBeInserted() throws IOException {
    namespace.trackConnections();
    Tuple answers = Tuple.tcp("127.0.0.1", 9, "127.0.0.1", 4000);
    Tuple translated = Tuple.tcp("10.9.9.9", 1, "10.9.9.9", 2);
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(SyntheticFlow.of(answers).reply(translated));
    }
    namespace.run(() -> {
      try (SocketChannel channel = SocketChannel.open()) {
        channel.configureBlocking(false);
        channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 4000));
        channel.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9));
      }
    });
    assertThat(sums())
        .containsEntry(KernelCounter.INSERT_FAILED, 1L)
        .containsEntry(KernelCounter.DROP, 1L);
  }

  @Test
  void anAnswerToWhatWasNotTrackedIsInvalid() throws IOException {
    namespace.trackConnections();
    namespace.nft(
        """
        table inet untracked {
          chain out {
            type filter hook output priority raw
            tcp flags & (syn | rst) == syn notrack
          }
        }
        """);
    try (Traffic traffic = Traffic.in(namespace)) {
      traffic.connectRefused("127.0.0.1", 9);
    }
    // The reset is met twice, where it leaves and where it arrives.
    assertThat(sums()).containsEntry(KernelCounter.INVALID, 2L);
  }

  @Test
  void anErrorAboutWhatWasNotTrackedIsAnError() throws IOException {
    namespace.trackConnections();
    namespace.nft(
        """
        table inet untracked {
          chain out {
            type filter hook output priority raw
            ip protocol udp notrack
          }
        }
        """);
    sendFrom("127.0.0.1"); // nobody listens: destination unreachable
    assertThat(sums().get(KernelCounter.ERROR)).isPositive();
  }

  @Test
  void aTupleThatNatFindsInUseIsFound() throws IOException {
    namespace.nft(
        """
        table ip nat {
          chain post {
            type nat hook postrouting priority srcnat
            udp dport 9 snat to 127.0.0.9
          }
        }
        """);
    sendFrom("127.0.0.1");
    assertThat(sums()).containsEntry(KernelCounter.FOUND, 0L);
    sendFrom("127.0.0.2");
    assertThat(sums().get(KernelCounter.FOUND)).isPositive();
  }

  private void sendFrom(String address) throws IOException {
    namespace.run(() -> {
      InetSocketAddress here = new InetSocketAddress(InetAddress.ofLiteral(address), 4000);
      try (DatagramSocket socket = new DatagramSocket(here)) {
        InetAddress to = InetAddress.ofLiteral("127.0.0.1");
        socket.send(new DatagramPacket(new byte[1], 1, to, 9));
      }
    });
  }

  @Test
  void aFullTableDropsPacketsUnlessItHasUnansweredConnectionsToForget() throws IOException {
    int limit = Integer.parseInt(namespace.sysctl("net.netfilter.nf_conntrack_max"));
    assumeTrue(limit > 0 && limit <= LARGEST_TABLE, "nf_conntrack_max is too large to be reached");
    namespace.trackConnections();
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, limit).mapToObj(FLOW::client));
      assertThat(read().entries()).hasValue(limit);
      assertThatThrownBy(() -> sendFrom("127.0.0.1")).hasMessage("Operation not permitted");
      assertThat(sums())
          .containsEntry(KernelCounter.DROP, 1L)
          .containsEntry(KernelCounter.EARLY_DROP, 0L);

      // It looks for one in a few places only, so there have to be many.
      writer.delete(IntStream.range(0, limit / 2).mapToObj(FLOW::client));
      writer.create(IntStream.range(0, limit / 2).mapToObj(FLOW.status(0)::client));
      sendFrom("127.0.0.1");
    }
    Map<KernelCounter, Long> sums = sums();
    assertThat(sums).containsEntry(KernelCounter.DROP, 1L);
    assertThat(sums.get(KernelCounter.EARLY_DROP)).isPositive();
  }
}
