package io.conntrack.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a host of a size has to expect, as tables for docs/capacity.md, from recorded results. */
final class Sizing {
  private static final String UNKNOWN = "not measured";
  private static final List<Integer> FLOWS = List.of(1_000, 10_000, 100_000, 1_000_000, 10_000_000);
  private static final List<Integer> EVENTS_PER_SECOND = List.of(100, 1_000, 10_000, 100_000);
  private static final List<Integer> NAMESPACES = List.of(50, 200);
  private static final double US_PER_PERCENT = 10_000;

  /** As docs/capacity.md explains: of each endpoint, and of the exporter itself. */
  private static final int SERIES_PER_ENDPOINT = 8;

  private static final int SERIES_OF_EXPORTER = 180;
  private static final double SECONDS_BETWEEN_SCRAPES = 15;

  /** Sizes of endpoints, and the measurement that has them. */
  private enum Endpoints {
    THOUSAND(1_000, "sizes-scrape-1000", ""),
    TEN_THOUSAND(10_000, "scrape-10k-text", "scrape-10k-memory"),
    HUNDRED_THOUSAND(100_000, "scrape-100k-text", "scrape-100k-memory");

    private final int count;
    private final String scrape;
    private final String memory;

    Endpoints(int count, String scrape, String memory) {
      this.count = count;
      this.scrape = scrape;
      this.memory = memory;
    }
  }

  private final Results results;

  private Sizing(Results results) {
    this.results = results;
  }

  static String text(Results results) {
    Sizing sizing = new Sizing(results);
    return String.join(
        "\n", sizing.flows(), sizing.events(), sizing.endpoints(), sizing.namespaces());
  }

  private String flows() {
    List<List<String>> rows = new ArrayList<>();
    for (int flows : FLOWS) {
      rows.add(
          List.of(
              number(flows),
              figure("rest-" + shortly(flows) + "-old", SizesMeasurement.name("rest", flows)),
              figure(SizesMeasurement.name("resync", flows), "resync-" + shortly(flows)),
              figure(SizesMeasurement.name("memory", flows), "memory-" + shortly(flows))));
    }
    return Table.text(
        List.of("Flows", "CPU at rest, a scrape every 15 s", "CPU of a comparison", "Resident"),
        rows);
  }

  private String events() {
    Optional<Row> event = row("events");
    List<List<String>> rows =
        EVENTS_PER_SECOND.stream()
            .map(rate ->
                List.of(
                    number(rate),
                    event
                        .map(row -> percent(rate * row.ours().median() / US_PER_PERCENT))
                        .orElse(UNKNOWN)))
            .toList();
    return Table.text(List.of("Events a second", "CPU"), rows);
  }

  private String endpoints() {
    List<List<String>> rows = new ArrayList<>();
    for (Endpoints each : Endpoints.values()) {
      Optional<Double> ms = row(each.scrape).map(row -> row.ours().median());
      rows.add(
          List.of(
              number(each.count),
              number(SERIES_OF_EXPORTER + SERIES_PER_ENDPOINT * each.count),
              ms.map(of -> Samples.text(of) + " ms").orElse(UNKNOWN),
              ms.map(of -> percent(of / 10 / SECONDS_BETWEEN_SCRAPES)).orElse(UNKNOWN),
              figure(each.memory)));
    }
    return Table.text(
        List.of("Endpoints", "Series", "CPU of a scrape", "CPU, a scrape every 15 s", "Resident"),
        rows);
  }

  private String namespaces() {
    List<List<String>> rows = new ArrayList<>();
    for (int namespaces : NAMESPACES) {
      String name = "rest-" + namespaces + "-namespaces";
      rows.add(List.of(number(namespaces), figure(name), figure(name + "-memory")));
    }
    return Table.text(List.of("Network namespaces of 20 flows", "CPU at rest", "Resident"), rows);
  }

  /** As the measurements of one size are named: 1k, 1m. */
  private static String shortly(int flows) {
    return flows < 1_000_000 ? flows / 1_000 + "k" : flows / 1_000_000 + "m";
  }

  /** The median of our own figure, of the first of these rows that was recorded. */
  private String figure(String... names) {
    return Stream.of(names)
        .flatMap(name -> row(name).stream())
        .findFirst()
        .map(row -> Samples.text(row.ours().median()) + " " + row.unit())
        .orElse(UNKNOWN);
  }

  /** Of this name, whatever it is compared with. */
  private Optional<Row> row(String name) {
    return results.rows().stream()
        .filter(row -> row.name().equals(name) || row.name().startsWith(name + "/"))
        .findFirst();
  }

  private static String number(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(double percent) {
    return Samples.text(percent) + " % of a core";
  }
}
