package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.Endpoint;
import io.conntrack.testbed.FlowMix;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Witness;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the kernel's table at rest the gauges equal it, whatever happened before. */
@KernelTest
class KernelAgreementTest {
  private static final FlowMix FLOWS = new FlowMix("10.77.0.2", "fd77::2");

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
    writer.create(FLOWS.mixed(40_000));
    try (RunningReader reader = RunningReader.in(namespace)) {
      awaitAgreement(reader, 40_000);
      assertThat(reader.statistics().events().created()).isZero();
    }
  }

  @Test
  void flowsThatComeChangeAndGoAreCounted() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace)) {
      writer.create(FLOWS.mixed(40_000));
      awaitAgreement(reader, 40_000);
      writer.update(FLOWS.outbound(20_000).map(flow -> flow.state(TcpState.FIN_WAIT)));
      awaitAgreement(reader, 40_000);
      writer.delete(FLOWS.outbound(15_000));
      awaitAgreement(reader, 25_000);

      assertThat(reader.statistics().events().overruns()).isZero();
      assertThat(reader.statistics().resyncs())
          .doesNotContainKeys(ResyncReason.OVERRUN, ResyncReason.RETRY);
    }
  }

  @Test
  void afterAnOverrunTheGaugesAreRightAgainAndTheLossIsCountedToTheEvent() throws Exception {
    try (RunningReader reader = RunningReader.in(namespace, "--netlink-buffer=64KiB")) {
      writer.create(FLOWS.mixed(40_000));
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
    writer.create(FLOWS.outbound(1_000));
    try (RunningReader reader = RunningReader.in(namespace, "--resync-interval=24h")) {
      awaitAgreement(reader, 1_000);
      writer.delete(FLOWS.outbound(900));
      awaitAgreement(reader, 100);

      assertThat(reader.statistics().events().destroyed()).isZero();
    }
  }

  @Test
  void withoutListeningTheGaugesFollowAllTheSame() throws Exception {
    writer.create(FLOWS.outbound(6_000)); // more than a scrape is sure to compare first
    try (RunningReader reader =
        RunningReader.in(namespace, "--no-events", "--resync-interval=1s")) {
      writer.delete(FLOWS.outbound(5_000));
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
      writer.create(FLOWS.outbound(75).map(flow -> flow.timeoutSeconds(2)));
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
      writer.create(
          FLOWS.mixed(40_000)); // with someone listening, or their ends would send no events
      awaitAgreement(reader, 40_000);
      namespace.sh("conntrack -F");
      awaitAgreement(reader, 0);
    }
  }

  @Test
  void startingReadingAndStoppingLeavesTheTableAsItWas() throws Exception {
    writer.create(FLOWS.mixed(40_000));
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
    writer.create(FLOWS.mixed(40_000));
    Configuration configuration = Options.parse(new String[] {"--once"}, Map.of()).configuration();
    Observation once = namespace.call(() -> Reader.once(configuration, RulesFile.none()));

    assertThat(shown(once)).isEqualTo(expected());
  }

  private void awaitAgreement(RunningReader reader, int flows) {
    Map<Endpoint, Connections> expected = expected();
    Await.untilEqual("the connections shown", expected, () -> shown(reader.observe()));
    assertThat(reader.observe().connections().countedFlows()).isEqualTo(flows);
  }

  private Map<Endpoint, Connections> expected() {
    return Witness.of(namespace).expected(ConntrackTable.of(namespace));
  }

  /** What is shown; without endpoints that have no connections. */
  private static Map<Endpoint, Connections> shown(Observation observation) {
    Snapshot snapshot = observation.connections();
    Map<Endpoint, Connections> shown = new HashMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      Connections connections =
          new Connections(
              snapshot.connections(i, ConnectionState.OPENING),
              snapshot.connections(i, ConnectionState.OPEN),
              snapshot.connections(i, ConnectionState.CLOSING),
              snapshot.connections(i, ConnectionState.CLOSED));
      if (connections.total() > 0 && snapshot.labels(i).equals("other")) {
        return Map.of(); // not yet where they belong
      }
      if (connections.total() > 0) {
        shown.merge(Endpoint.ofLabel(snapshot.labels(i)), connections, Connections::plus);
      }
    }
    return shown;
  }

  /** The table without timeouts, which run down. */
  private List<String> tableLines() {
    return ConntrackTable.of(namespace).entries().stream()
        .map(entry -> entry.original() + " " + entry.reply() + " " + entry.state())
        .sorted()
        .toList();
  }
}
