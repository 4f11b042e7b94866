package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.ConnectionState;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the kernel's table at rest the gauges equal it, whatever happened before. */
@KernelTest
class KernelAgreementTest {
  private static final Set<InetAddress> LOCAL =
      Stream.of("127.0.0.1", "::1", "10.77.0.2", "fd77::2")
          .map(InetAddress::ofLiteral)
          .collect(Collectors.toSet());
  private static final Witness WITNESS = new Witness(LOCAL, false);

  private Namespace namespace;
  private FlowWriter writer;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
    namespace.sh("ip addr add 10.77.0.2/24 dev lo; ip addr add fd77::2/64 dev lo nodad");
    writer = FlowWriter.in(namespace);
  }

  @AfterEach
  void close() {
    writer.close();
    namespace.close();
  }

  @Test
  void flowsFromBeforeTheStartAreCounted() throws Exception {
    writer.create(mixedFlows());
    try (RunningReader reader = RunningReader.in(namespace)) {
      awaitAgreement(reader, 40_000);
      assertThat(reader.statistics().lastResync().added()).isEqualTo(40_000);
    }
  }

  @Test
  void flowsThatComeChangeAndGoAreCounted() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(mixedFlows());
      awaitAgreement(reader, 40_000);
      writer.update(outbound(20_000).map(flow -> flow.state(TcpState.FIN_WAIT)));
      awaitAgreement(reader, 40_000);
      writer.delete(outbound(15_000));
      awaitAgreement(reader, 25_000);

      assertThat(reader.statistics().events().overruns()).isZero();
      assertThat(reader.statistics().resyncs())
          .doesNotContainKeys(ResyncReason.OVERRUN, ResyncReason.RETRY);
    }
  }

  @Test
  void afterAnOverrunTheGaugesAreRightAgainAndTheLossIsCountedToTheEvent() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace, "--netlink-buffer=64KiB")) {
      writer.create(mixedFlows());
      awaitAgreement(reader, 40_000);

      ReaderStatistics.Events events = reader.statistics().events();
      assertThat(events.overruns()).isPositive();
      assertThat(events.lost()).isPositive();
      assertThat(events.created() + events.lost()).isEqualTo(40_000);
      assertThat(reader.statistics().resyncs()).containsKey(ResyncReason.OVERRUN);
    }
  }

  @Test
  void flowsThatSendNoEventsDisappearSoonThoughTheIntervalIsLong() throws Exception {
    namespace.sysctl("net.netfilter.nf_conntrack_events", 0);
    writer.create(outbound(1_000));
    try (RunningReader reader = RunningReader.in(namespace, "--resync-interval=24h")) {
      awaitAgreement(reader, 1_000);
      writer.delete(outbound(900));
      awaitAgreement(reader, 100);

      assertThat(reader.statistics().events().destroyed()).isZero();
    }
  }

  @Test
  void withoutListeningTheGaugesFollowAllTheSame() throws Exception {
    writer.create(outbound(6_000)); // more than a scrape is sure to compare first
    try (RunningReader reader =
        RunningReader.in(namespace, "--no-events", "--resync-interval=1s")) {
      writer.delete(outbound(5_000));
      Await.until(
          "the flows counted",
          Duration.ofSeconds(60),
          () -> reader.observe().connections().countedFlows(),
          Predicate.isEqual(1_000L));

      assertThat(reader.statistics().events().destroyed()).isZero();
    }
  }

  @Test
  void entriesThatHaveExpiredAreNotShownEvenBeforeTheKernelCollectsThem() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(outbound(75).map(flow -> flow.timeoutSeconds(2)));
      Await.untilEqual(
          "the flows counted", 75L, () -> reader.observe().connections().countedFlows());
      // The kernel takes tens of seconds to collect them, and only then sends events.
      Await.untilEqual(
          "the flows counted", 0L, () -> reader.observe().connections().countedFlows());
      assertThat(reader.statistics().resyncs().get(ResyncReason.SCRAPE)).isPositive();
    }
  }

  @Test
  void aFlushEmptiesTheGauges() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(mixedFlows()); // with someone listening, or their ends would send no events
      awaitAgreement(reader, 40_000);
      namespace.sh("conntrack -F");
      awaitAgreement(reader, 0);
    }
  }

  @Test
  void startingReadingAndStoppingLeavesTheTableAsItWas() throws Exception {
    writer.create(mixedFlows());
    List<String> before = tableLines();
    try (RunningReader reader = RunningReader.in(namespace, "--resync-interval=1s")) {
      Await.until(
          "some resyncs",
          () -> reader.statistics().resyncs().getOrDefault(ResyncReason.INTERVAL, 0L) >= 2);
    }

    assertThat(tableLines()).isEqualTo(before);
  }

  @Test
  void onceReadsTheSameAsTheDaemon() throws Exception {
    writer.create(mixedFlows());
    Configuration configuration = Options.parse(new String[] {"--once"}, Map.of()).configuration();
    Observation once = namespace.call(() -> Reader.once(configuration));

    assertThat(Witness.shown(once.connections()))
        .isEqualTo(WITNESS.expected(ConntrackTable.of(namespace)));
  }

  private void awaitAgreement(RunningReader reader, int flows) {
    Map<Endpoint, Map<ConnectionState, Integer>> expected =
        WITNESS.expected(ConntrackTable.of(namespace));
    Await.untilEqual(
        "the connections shown", expected, () -> Witness.shown(reader.observe().connections()));
    assertThat(reader.observe().connections().countedFlows()).isEqualTo(flows);
  }

  /** 40,000 flows of both families and directions, in every state, and forwarded ones. */
  private static Stream<SyntheticFlow> mixedFlows() {
    SyntheticFlow inbound = SyntheticFlow.of(Tuple.tcp("10.9.0.1", 40000, "10.77.0.2", 443));
    SyntheticFlow outbound6 = SyntheticFlow.of(Tuple.tcp("fd77::2", 40000, "2001:db8::1", 443));
    SyntheticFlow forwarded = SyntheticFlow.of(Tuple.tcp("10.4.0.1", 40000, "192.0.2.9", 443));
    return Stream.of(
            outbound(20_000),
            inEveryState(inbound, 10_000),
            inEveryState(outbound6, 5_000),
            inEveryState(forwarded, 5_000))
        .flatMap(Function.identity());
  }

  /** To 100 endpoints. */
  private static Stream<SyntheticFlow> outbound(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            SyntheticFlow.of(Tuple.tcp("10.77.0.2", 10_000 + i / 100, "192.0.2." + i % 100, 3306)));
  }

  private static Stream<SyntheticFlow> inEveryState(SyntheticFlow flow, int count) {
    TcpState[] states = TcpState.values();
    return IntStream.range(0, count)
        .mapToObj(i -> flow.client(i).state(states[1 + i % (states.length - 1)]));
  }

  /** The table without timeouts, which run down. */
  private List<String> tableLines() {
    return ConntrackTable.of(namespace).entries().stream()
        .map(entry -> entry.original() + " " + entry.reply() + " " + entry.state())
        .sorted()
        .toList();
  }
}
