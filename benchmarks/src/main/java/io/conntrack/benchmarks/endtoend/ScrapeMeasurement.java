package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * CPU time of a scrape with HTTP and all, beside that of the Prometheus client alone over the same
 * numbers, in turns. There are so many flows that a resync takes too long to come before a scrape.
 */
final class ScrapeMeasurement implements Measurement {
  private static final int FLOWS = 100_000;
  private static final int SCRAPES_PER_SAMPLE = 5;

  private final String name;
  private final int endpoints;
  private final int warmUpScrapes;
  private final double mostMs;

  ScrapeMeasurement(String name, int endpoints, int warmUpScrapes, double mostMs) {
    this.name = name;
    this.endpoints = endpoints;
    this.warmUpScrapes = warmUpScrapes;
    this.mostMs = mostMs;
  }

  @Override
  public List<Row> measure() throws IOException {
    try (Namespace namespace = Flows.namespace();
        Namespace other = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(Flows.of(0, FLOWS, endpoints));
      String[] options = {"--resync-interval=1h", "--max-endpoints=" + endpoints};
      try (Server exporter = Server.exporter(namespace, options);
          Server client = PrometheusClient.start(other, exporter, endpoints, FLOWS / endpoints)) {
        requireEndpoints(exporter.settledText());
        List<Row> rows = new ArrayList<>();
        rows.addAll(compare("text", exporter, client, Server::text));
        rows.addAll(compare("gzip", exporter, client, Server::asPrometheus));
        rows.add(resident(exporter, client));
        return rows;
      }
    }
  }

  private List<Row> compare(
      String format, Server exporter, Server client, Consumer<Server> scrape) {
    scrapeMs(exporter, scrape, warmUpScrapes);
    scrapeMs(client, scrape, warmUpScrapes);
    double[] ours = new double[SAMPLES];
    double[] theirs = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      ours[i] = scrapeMs(exporter, scrape, SCRAPES_PER_SAMPLE);
      theirs[i] = scrapeMs(client, scrape, SCRAPES_PER_SAMPLE);
    }
    String what = "scrape of %,d endpoints, %s".formatted(endpoints, format);
    Row row = Row.of(name + "-" + format, what, "ms", Samples.of(ours));
    return List.of(row.atMost(mostMs), row.beside("client", Samples.of(theirs)).atMost(1.2));
  }

  static double scrapeMs(Server server, Consumer<Server> scrape, int count) {
    Runnable scrapes =
        () -> {
          for (int i = 0; i < count; i++) {
            scrape.accept(server);
          }
        };
    return server.cpuNsOf(scrapes) / 1e6 / count;
  }

  private Row resident(Server exporter, Server client) {
    String what = "resident after scrapes, %,d endpoints".formatted(endpoints);
    Samples ours = Samples.of(exporter.meter().residentBytes() / 1e6);
    Samples theirs = Samples.of(client.meter().residentBytes() / 1e6);
    return Row.of(name + "-memory", what, "MB", ours).beside("client", theirs);
  }

  private void requireEndpoints(String scrape) {
    long shown = Server.value(scrape, "conntrack_exporter_endpoints");
    if (shown != endpoints) {
      throw new IllegalStateException("shown=" + shown + " of endpoints=" + endpoints);
    }
  }
}
