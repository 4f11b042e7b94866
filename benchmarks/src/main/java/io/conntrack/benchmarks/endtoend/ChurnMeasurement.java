package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Churn;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Events lost while flows come, change and go, with the default buffer: three events a flow, 35,000
 * flows a second, 100,000 at a time. Two writers make them, as one alone gets no further than
 * 86,000 events a second. It takes 20 seconds, or as many as CHURN_SECONDS says. Without the
 * yardsticks the load is the testbed's own, which ends flows in TIME_WAIT.
 */
final class ChurnMeasurement implements Measurement {
  private static final int FLOWS_PER_SECOND = 35_000;
  private static final int WRITERS = 2;
  private static final double REACHED = 0.9;
  private static final int WINDOW_FLOWS = 100_000;
  private static final int EVENTS_PER_FLOW = 3;

  private final int flows =
      FLOWS_PER_SECOND * Integer.parseInt(System.getenv().getOrDefault("CHURN_SECONDS", "20"));
  private final Yardsticks yardsticks;

  ChurnMeasurement(Yardsticks yardsticks) {
    this.yardsticks = yardsticks;
  }

  @Override
  public List<Row> measure() throws Exception {
    try (Namespace namespace = Flows.namespace();
        Server exporter = Server.exporter(namespace)) {
      double seconds = churn(namespace);
      exporter.meter().awaitIdle();
      String scrape = exporter.settledText();
      long lost = Server.value(scrape, "conntrack_exporter_events_lost_total");
      requireEvents(scrape, lost);
      int events = EVENTS_PER_FLOW * flows;
      String what = "lost of %,d events at %,.0f a second".formatted(events, events / seconds);
      Row row = Row.of("churn", what, "events", Samples.of((double) lost));
      // On a machine that is too slow for the load it says nothing that none was lost.
      return List.of(
          lost > 0 || flows / seconds > REACHED * FLOWS_PER_SECOND ? row.atMost(0) : row);
    }
  }

  /** Returns how many seconds it took. */
  private double churn(Namespace namespace) throws Exception {
    if (yardsticks.arePresent()) {
      try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
        Future<Double> other = writers.submit(() -> fill(namespace, flows));
        return Math.max(fill(namespace, 0), other.get());
      }
    }
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      return new Churn(
                  number -> Flows.flow(number, Flows.ENDPOINTS), WINDOW_FLOWS, FLOWS_PER_SECOND)
              .run(writer, flows)
              .duration()
              .toMillis()
          / 1e3;
    }
  }

  /** One writer's part, of flows numbered from {@code first}. Returns how many seconds it took. */
  private double fill(Namespace namespace, int first) throws Exception {
    return yardsticks.fill(
        namespace,
        "-m churn -n %d -w %d -r %d -e %d -o %d"
            .formatted(
                flows / WRITERS,
                WINDOW_FLOWS / WRITERS,
                FLOWS_PER_SECOND / WRITERS,
                Flows.ENDPOINTS,
                first));
  }

  /** All that were raised came, or are known to be lost. */
  private void requireEvents(String scrape, long lost) {
    long events = lost;
    for (String type : List.of("new", "update", "destroy")) {
      events += Server.value(scrape, "conntrack_exporter_events_total{type=\"" + type + "\"}");
    }
    if (events != (long) EVENTS_PER_FLOW * flows) {
      throw new IllegalStateException(
          "events=%d, received or lost, of flows=%d".formatted(events, flows));
    }
  }
}
