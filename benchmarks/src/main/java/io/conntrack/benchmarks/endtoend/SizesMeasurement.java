package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What an event, a scrape, a resync, rest and memory take in tables of different sizes, of as many
 * endpoints, and how each grows with the flows: as their power with an exponent, which is the slope
 * of a line through the logarithms of both. From 1,000 to 10,000,000 flows, or as many as
 * SIZES_UP_TO says.
 */
final class SizesMeasurement implements Measurement {
  private static final int ENDPOINTS = 1_000;
  private static final int SMALLEST = 1_000;
  private static final int EVENTS = 100_000;
  private static final int WARM_UP_ROUNDS = 6;
  private static final int WARM_UP_SCRAPES = 500;
  private static final int SCRAPES_PER_SAMPLE = 5;
  private static final int SCRAPES_AT_REST = 4;

  /** Below that a table's own size hardly shows in what a resync and memory take. */
  private static final int SIZES_OF_LARGE = 3;

  /** A prime: its multiples meet every flow, and neighbours never after each other. */
  private static final long STRIDE = 611_953;

  private final int most =
      Integer.parseInt(System.getenv().getOrDefault("SIZES_UP_TO", "10000000"));

  private final List<Integer> sizes = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();

  @Override
  public List<Row> measure() throws IOException {
    for (long flows = SMALLEST; flows <= most; flows *= 10) {
      sizes.add((int) flows);
    }
    for (int flows : sizes) {
      measure(flows);
    }
    int large = Math.max(0, sizes.size() - SIZES_OF_LARGE);
    if (sizes.size() > 1) {
      exponent("event", 0, 0.1);
      exponent("scrape", 0, 0.1);
      exponent("resync", large, 1.05);
      exponent("memory", large, 1.05);
    }
    return rows;
  }

  private void measure(int flows) throws IOException {
    try (var _ = ConntrackLimit.atLeast(flows + flows / 4);
        Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      try (Server exporter = Server.exporter(namespace, "--resync-interval=1h")) {
        writer.create(Flows.of(0, flows, ENDPOINTS));
        add(flows, "event", "an event among %s flows", "us", events(exporter, writer, flows));
        add(flows, "scrape", "scrape of 1,000 endpoints, %s flows", "ms", scrapes(exporter));
      }
      try (Server exporter = Server.exporter(namespace)) {
        RestMeasurement.warmUpDumps(exporter, flows);
        double percent = RestMeasurement.percent(exporter, WARM_UP_SCRAPES, SCRAPES_AT_REST);
        String what = "%s flows from before, a scrape every 15 s";
        add(flows, "rest", what, "% of a core", Samples.of(percent));
        double megabytes = exporter.meter().residentBytes() / 1e6;
        add(flows, "memory", "resident, %s flows, 1,000 endpoints", "MB", Samples.of(megabytes));
      }
      add(flows, "resync", "resync of %s flows", "ms", ResyncMeasurement.alone(namespace, flows));
    }
  }

  private void add(int flows, String name, String what, String unit, Samples samples) {
    rows.add(Row.of(name(name, flows), what.formatted("%,d".formatted(flows)), unit, samples));
  }

  /** Such as sizes-event-1000. */
  static String name(String name, int flows) {
    return "sizes-" + name + "-" + flows;
  }

  private static Samples events(Server exporter, FlowWriter writer, int flows) {
    double[] us = new double[SAMPLES];
    for (int i = -WARM_UP_ROUNDS; i < SAMPLES; i++) {
      int round = i + WARM_UP_ROUNDS;
      double ns = exporter.cpuNsOf(() -> writer.update(updates(flows, round)));
      us[Math.max(i, 0)] = ns / 1e3 / EVENTS;
    }
    return Samples.of(us);
  }

  /** Goes on through the flows, round after round; each time it meets a flow its state changes. */
  private static Stream<SyntheticFlow> updates(int flows, int round) {
    long first = (long) round * EVENTS;
    return LongStream.range(first, first + EVENTS)
        .mapToObj(i ->
            Flows.flow((int) (i * STRIDE % flows), ENDPOINTS)
                .state(i / flows % 2 == 0 ? TcpState.TIME_WAIT : TcpState.ESTABLISHED));
  }

  private static Samples scrapes(Server exporter) {
    ScrapeMeasurement.scrapeMs(exporter, Server::text, WARM_UP_SCRAPES);
    return Samples.of(
        IntStream.range(0, SAMPLES)
            .mapToDouble(
                _ -> ScrapeMeasurement.scrapeMs(exporter, Server::text, SCRAPES_PER_SAMPLE))
            .toArray());
  }

  private void exponent(String name, int firstSize, double most) {
    List<Integer> of = sizes.subList(firstSize, sizes.size());
    double[] figures = of.stream().mapToDouble(flows -> figure(rows, name(name, flows))).toArray();
    rows.add(
        Row.of(
                "sizes-" + name + "-exponent",
                "of its growth with the flows, from %,d".formatted(of.getFirst()),
                "",
                Samples.of(exponent(of, figures)))
            .atMost(most));
  }

  private static double figure(List<Row> rows, String name) {
    return rows.stream()
        .filter(row -> row.name().equals(name))
        .mapToDouble(Row::value)
        .findFirst()
        .orElseThrow();
  }

  /** The slope of the line through the logarithms that has the least squares of distances. */
  static double exponent(List<Integer> sizes, double... figures) {
    int count = figures.length;
    double meanX = sizes.stream().mapToDouble(Math::log).sum() / count;
    double meanY = IntStream.range(0, count).mapToDouble(i -> Math.log(figures[i])).sum() / count;
    double products = 0;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      double x = Math.log(sizes.get(i)) - meanX;
      products += x * (Math.log(figures[i]) - meanY);
      squares += x * x;
    }
    return products / squares;
  }
}
