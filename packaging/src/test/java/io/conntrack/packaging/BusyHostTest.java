package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A start while connections come and go fast: the JVM is slowest then, and nothing is warm yet. */
@KernelTest
final class BusyHostTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));
  private static final int WINDOW_FLOWS = 2_000;

  @AutoClose private final Namespace namespace = Namespace.create();

  /** Goes on until the namespace is closed. */
  private void churn(int flowsPerSecond) {
    namespace.start(
        "churn",
        () -> {
          try (FlowWriter writer = FlowWriter.open()) {
            new Churn(FLOW::client, WINDOW_FLOWS, flowsPerSecond).run(writer, Integer.MAX_VALUE);
          }
        });
    Await.until("flows", namespace::conntrackCount, count -> count >= WINDOW_FLOWS);
  }

  @Test
  void theDaemonLosesNoEventFromItsFirstMomentOn() {
    churn(4_000);
    try (Program program = Launch.in(namespace).serve()) {
      Scrape scrape = program.scrape();
      assertThat(scrape.value("conntrack_exporter_events_total{type=\"new\"}")).isPositive();
      assertThat(scrape.value("conntrack_exporter_overruns_total")).isZero();
      assertThat(scrape.value("conntrack_exporter_events_lost_total")).isZero();
    }
  }

  @Test
  void onceEndsHoweverFastEventsCome() throws Exception {
    churn(20_000);
    try (Program program = Launch.in(namespace).start("--once", "--netlink-buffer=64KiB")) {
      assertThat(program.awaitExit()).isZero();
      assertThat(Scrape.ofText(program.output()).hosts()).containsOnlyKeys("192.0.2.1:443");
    }
  }
}
