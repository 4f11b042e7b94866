package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import java.io.IOException;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What an event costs in a large table and in a small one: rounds of updates of flows here and
 * there in it, by two exporters in turns.
 */
final class GrowthMeasurement implements Measurement {
  private static final int SMALL = 1_000;
  private static final int LARGE = 1_000_000;
  private static final int EVENTS = 100_000;
  private static final int WARM_UP_ROUNDS = 6;

  /** A prime: its multiples meet every flow, and neighbours never after each other. */
  private static final long STRIDE = 611_953;

  @Override
  public List<Row> measure() throws IOException {
    try (var _ = ConntrackLimit.atLeast(LARGE + LARGE / 4);
        Namespace small = Flows.namespace();
        Namespace large = Flows.namespace();
        FlowWriter smallWriter = FlowWriter.in(small);
        FlowWriter largeWriter = FlowWriter.in(large);
        Server smallTable = Server.exporter(small, "--resync-interval=1h");
        Server largeTable = Server.exporter(large, "--resync-interval=1h")) {
      smallWriter.create(Flows.of(0, SMALL));
      largeWriter.create(Flows.of(0, LARGE));
      for (int i = 0; i < WARM_UP_ROUNDS; i++) {
        eventUs(smallTable, smallWriter, SMALL, i);
        eventUs(largeTable, largeWriter, LARGE, i);
      }
      double[] few = new double[SAMPLES];
      double[] many = new double[SAMPLES];
      for (int i = 0; i < SAMPLES; i++) {
        few[i] = eventUs(smallTable, smallWriter, SMALL, WARM_UP_ROUNDS + i);
        many[i] = eventUs(largeTable, largeWriter, LARGE, WARM_UP_ROUNDS + i);
      }
      requireFlows(smallTable, SMALL);
      requireFlows(largeTable, LARGE);
      return List.of(
          Row.of("growth", "an event among 1,000,000 flows", "us", Samples.of(many))
              .beside("1,000 flows", Samples.of(few))
              .atMost(2));
    }
  }

  private static double eventUs(Server exporter, FlowWriter writer, int flows, int round) {
    return exporter.cpuNsOf(() -> writer.update(updates(flows, round))) / 1e3 / EVENTS;
  }

  /** Goes on through the flows, round after round; each time it meets a flow its state changes. */
  private static Stream<SyntheticFlow> updates(int flows, int round) {
    long first = (long) round * EVENTS;
    return LongStream.range(first, first + EVENTS)
        .mapToObj(i ->
            Flows.flow((int) (i * STRIDE % flows), Flows.ENDPOINTS)
                .state(i / flows % 2 == 0 ? TcpState.TIME_WAIT : TcpState.ESTABLISHED));
  }

  private static void requireFlows(Server exporter, int flows) {
    String scrape = exporter.settledText();
    long counted = Server.value(scrape, "conntrack_exporter_flows{kind=\"counted\"}");
    long lost = Server.value(scrape, "conntrack_exporter_events_lost_total");
    if (counted != flows || lost != 0) {
      throw new IllegalStateException(
          "flows=%d counted=%d lost=%d".formatted(flows, counted, lost));
    }
  }
}
