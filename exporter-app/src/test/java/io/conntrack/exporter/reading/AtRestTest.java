package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowMix;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SideBySide;
import io.conntrack.testbed.TcpState;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A scrape leaves out its resync only where that would show nothing new. Whatever changes without
 * an event, the next scrape shows it.
 */
@KernelTest
class AtRestTest {
  private static final FlowMix FLOWS = new FlowMix("10.77.0.2", "fd77::2");

  /** Scrapes begin at most one resync a second. */
  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1_100);

  private Namespace namespace;
  private FlowWriter writer;
  private RunningReader reader;

  @BeforeEach
  void create() {
    namespace = Namespace.create();
    namespace.sh("ip addr add 10.77.0.2/24 dev lo; ip addr add fd77::2/64 dev lo nodad");
    namespace.sysctl("net.netfilter.nf_conntrack_events", 1);
    writer = FlowWriter.in(namespace);
  }

  @AfterEach
  void close() throws Exception {
    if (reader != null) {
      reader.close();
    }
    writer.close();
    namespace.close();
  }

  /** As a scraper, with a pause before it. */
  private Observation scrape() {
    LockSupport.parkNanos(PAUSE_NS);
    return reader.observe();
  }

  private static long resyncs(Observation observation) {
    return observation.statistics().resyncs().values().stream().mapToLong(Long::longValue).sum();
  }

  private static long sum(Observation observation, ConnectionState state) {
    Snapshot snapshot = observation.connections();
    return IntStream.range(0, snapshot.endpointCount())
        .mapToLong(endpoint -> snapshot.connections(endpoint, state))
        .sum();
  }

  private static long open(Observation observation) {
    return sum(observation, ConnectionState.OPEN);
  }

  /** Until two scrapes in a row begin no resync. Returns how many there have been. */
  private long awaitRest() {
    return resyncs(
        Await.until(
            "scrapes without a resync", this::scrape, one -> resyncs(scrape()) == resyncs(one)));
  }

  /** Until a scrape has begun one more: the next one does, unless other namespaces are large. */
  private void awaitResync(long resyncs) {
    Await.until("another resync", () -> resyncs(scrape()) > resyncs);
  }

  private void begin(int flows, String... options) throws Exception {
    reader = RunningReader.in(namespace, options);
    writer.create(FLOWS.outbound(flows));
    Await.untilEqual("the flows that are open", (long) flows, () -> open(scrape()));
  }

  @Test
  @SideBySide
  void aScrapeOfATableAtRestBeginsNoResync() throws Exception {
    begin(500);
    long resyncs = awaitRest();

    Observation later = scrape();
    assertThat(resyncs(later)).isEqualTo(resyncs);
    assertThat(open(later)).isEqualTo(500);
  }

  @Test
  @SideBySide
  void eventsAreShownAtOnceAndTheNextScrapeBeginsOne() throws Exception {
    begin(500);
    long resyncs = awaitRest();
    writer.update(FLOWS.outbound(20).map(flow -> flow.state(TcpState.FIN_WAIT)));
    writer.delete(FLOWS.outbound(5));

    Observation later = scrape();
    assertThat(sum(later, ConnectionState.CLOSING)).isEqualTo(15);
    assertThat(open(later)).isEqualTo(480);
    awaitResync(resyncs);
  }

  @Test
  @SideBySide
  void aFlowThatRunsOutOfTimeIsGoneThoughNoEventTellsIt() throws Exception {
    reader = RunningReader.in(namespace);
    writer.create(FLOWS.outbound(500));
    writer.create(FLOWS.outbound(510).skip(500).map(flow -> flow.timeoutSeconds(15)));
    Await.untilEqual("the flows that are open", 510L, () -> open(scrape()));
    awaitRest();

    Await.untilEqual("the flows that are open", 500L, () -> open(reader.observe()));
    assertThat(namespace.sh("conntrack -L 2>/dev/null | wc -l").strip()).isEqualTo("500");
  }

  @Test
  @SideBySide
  void flowsThatSendNoEventsAreComparedInEachScrape() throws Exception {
    namespace.sysctl("net.netfilter.nf_conntrack_events", 0);
    writer.create(FLOWS.outbound(20));
    namespace.sysctl("net.netfilter.nf_conntrack_events", 1);
    reader = RunningReader.in(namespace);
    for (int i = 0; i < 3; i++) {
      awaitResync(resyncs(scrape()));
    }
    writer.update(FLOWS.outbound(7).map(flow -> flow.state(TcpState.FIN_WAIT)));
    Await.untilEqual(
        "the flows that are closing", 7L, () -> sum(scrape(), ConnectionState.CLOSING));

    writer.delete(FLOWS.outbound(5));
    Await.untilEqual(
        "the flows that are closing", 2L, () -> sum(scrape(), ConnectionState.CLOSING));
    assertThat(open(reader.observe())).isEqualTo(13);
  }

  @Test
  @SideBySide
  void flowsThatComeWithoutAnEventAreShownByTheNextScrape() throws Exception {
    begin(500);
    awaitRest();
    namespace.sysctl("net.netfilter.nf_conntrack_events", 0);
    writer.create(FLOWS.outbound(503).skip(500));

    Await.untilEqual("the flows that are open", 503L, () -> open(scrape()));
    assertThat(reader.statistics().events().created()).isEqualTo(500);
    writer.delete(FLOWS.outbound(503).skip(500));
    Await.untilEqual("the flows that are open", 500L, () -> open(scrape()));
  }

  @Test
  @SideBySide
  void aFlushIsShownByTheNextScrape() throws Exception {
    begin(500);
    awaitRest();
    namespace.sh("conntrack -F");

    assertThat(open(scrape())).isZero();
  }

  @Test
  @SideBySide
  void lostEventsAreMadeUpForByTheNextScrape() throws Exception {
    begin(50, "--netlink-buffer=64KiB");
    awaitRest();
    writer.create(FLOWS.outbound(6_000).skip(50));
    writer.delete(FLOWS.outbound(5_900).skip(50));

    Await.untilEqual("the flows that are open", 150L, () -> open(scrape()));
    assertThat(reader.statistics().events().lost()).isPositive();
  }

  @Test
  @SideBySide
  void flowsThatAreNotOpenAreComparedInEachScrape() throws Exception {
    reader = RunningReader.in(namespace);
    writer.create(FLOWS.outbound(10).map(flow -> flow.state(TcpState.TIME_WAIT)));
    Await.untilEqual(
        "the flows that are closing", 10L, () -> sum(scrape(), ConnectionState.CLOSING));
    awaitResync(resyncs(scrape()));
    awaitResync(resyncs(scrape()));
  }

  @Test
  @SideBySide
  void bytesAreComparedInEachScrape() throws Exception {
    namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
    begin(10, "--accounting");
    awaitResync(resyncs(scrape()));
    awaitResync(resyncs(scrape()));
  }
}
