package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A dump shows what events that are still queued are about to tell. */
@KernelTest
final class EventsBehindTest {
  private static final int FLOWS = 5_000;
  private static final String HOST = "192.0.2.1:443";
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  @AutoClose private final Namespace namespace = Namespace.create();

  private static Stream<SyntheticFlow> flows() {
    return IntStream.range(0, FLOWS).mapToObj(FLOW::client);
  }

  private static double of(Scrape scrape, String family, String labels) {
    return scrape.value(
        "conntrack_connections_" + family + "{host=\"" + HOST + "\"" + labels + "}");
  }

  @Test
  void connectionsThatOpenAndAreResetWhileTheProgramStandsStillAreCounted() throws Exception {
    try (Program program = Launch.in(namespace).serve("--resync-interval=100ms");
        FlowWriter writer = FlowWriter.in(namespace)) {
      program.signal("STOP");
      try {
        writer.create(flows());
        writer.update(flows().map(flow -> flow.state(TcpState.CLOSE)));
      } finally {
        program.signal("CONT");
      }
      Await.untilEqual(
          "connections",
          Map.of(HOST, Scrape.states(0, 0, 0, FLOWS)),
          () -> program.awaitScrape().hosts());
      Await.untilEqual(
          "the events",
          2.0 * FLOWS,
          () -> {
            Scrape scrape = program.awaitScrape();
            return scrape.value("conntrack_exporter_events_total{type=\"new\"}")
                + scrape.value("conntrack_exporter_events_total{type=\"update\"}");
          });
      Scrape scrape = program.awaitScrape();
      assertThat(scrape.value("conntrack_exporter_events_lost_total")).isZero();
      assertThat(of(scrape, "opened_total", "")).isEqualTo(FLOWS);
      assertThat(of(scrape, "ended_total", ",reason=\"reset\"")).isEqualTo(FLOWS);
    }
  }

  @Test
  void connectionsThatAreDeletedWhileTheProgramStandsStillHaveNotTimedOut() throws Exception {
    try (Program program = Launch.in(namespace).serve("--resync-interval=100ms");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flows());
      Await.untilEqual(
          "connections",
          Map.of(HOST, Scrape.states(0, FLOWS, 0, 0)),
          () -> program.awaitScrape().hosts());
      program.signal("STOP");
      try {
        writer.delete(flows());
      } finally {
        program.signal("CONT");
      }
      Await.untilEqual(
          "the events",
          (double) FLOWS,
          () -> program.awaitScrape().value("conntrack_exporter_events_total{type=\"destroy\"}"));
      Scrape scrape = program.awaitScrape();
      assertThat(scrape.value("conntrack_exporter_events_lost_total")).isZero();
      assertThat(of(scrape, "ended_total", ",reason=\"evicted\"")).isEqualTo(FLOWS);
    }
  }
}
