package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured and written down, and what became worse since. A text file: the machine as a
 * comment, and a {@link Result} a line. Only ratios mean something on another machine or day.
 */
record Results(String machine, List<Result> results) {
  static final Path FILE = Path.of("../last-results.txt");

  /** A loss of more than a fifth. */
  static final double TOLERATED = 1.2;

  private static final String HEAP_UNIT = "bytes";
  private static final String COMMENT = "# ";
  private static final String TITLE =
      COMMENT + "The last recorded results, by make bench-record. For make bench-check and docs.";

  static Results read(Path file) throws IOException {
    String machine = "";
    List<Result> results = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(COMMENT)) {
        machine = line.substring(COMMENT.length());
      } else if (!line.isBlank()) {
        results.add(Result.parse(line));
      }
    }
    return new Results(machine, results);
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>(List.of(TITLE, COMMENT + machine));
    results.forEach(result -> lines.add(result.line()));
    Files.write(file, lines);
  }

  /**
   * These with newer ones in the place of those of the same measurements.
   *
   * @param order the names of all measurements; results of others are left out
   */
  Results with(Results newer, List<String> order) {
    List<Result> all = new ArrayList<>();
    for (String measurement : order) {
      List<Result> of = newer.of(measurement);
      all.addAll(of.isEmpty() ? of(measurement) : of);
    }
    return new Results(newer.machine, all);
  }

  private List<Result> of(String measurement) {
    return results.stream().filter(each -> each.measurement().equals(measurement)).toList();
  }

  List<Row> rows() {
    return results.stream().map(Result::row).toList();
  }

  /** The ratios by the names of their rows. */
  Map<String, Double> ratios() {
    Map<String, Double> ratios = new LinkedHashMap<>();
    rows().stream()
        .filter(row -> row.isRatio() && row.isMeasured())
        .forEach(row -> ratios.put(row.name(), row.value()));
    return ratios;
  }

  /** What is worse in these rows, in words, by name: a ratio by more than {@link #TOLERATED}. */
  Map<String, String> lossesOfRatios(List<Row> rows) {
    Map<String, Double> ratios = ratios();
    Map<String, String> losses = new LinkedHashMap<>();
    for (Row row : rows) {
      Double before = ratios.get(row.name());
      if (before != null && row.value() > before * TOLERATED) {
        losses.put(
            row.name(),
            "%s: %s x, was %s x"
                .formatted(row.name(), Samples.text(row.value()), Samples.text(before)));
      }
    }
    return losses;
  }

  /** The same, and heap for an event beyond what it may be, which is the same on any machine. */
  Map<String, String> losses(List<Row> rows) {
    Map<String, String> losses = new LinkedHashMap<>(lossesOfRatios(rows));
    for (Row row : rows) {
      if (row.unit().equals(HEAP_UNIT) && row.isMissed()) {
        losses.put(
            row.name(),
            "%s: %s, may be %s"
                .formatted(row.name(), row.ours().text(row.unit()), Samples.text(row.required())));
      }
    }
    return losses;
  }

  /** The rows that there is nothing to compare with: no record, or no yardstick. */
  List<String> notCompared(List<Row> rows) {
    Map<String, Double> ratios = ratios();
    List<String> names = new ArrayList<>();
    for (Row row : rows) {
      if (row.isRatio() && (!row.isMeasured() || !ratios.containsKey(row.name()))) {
        names.add(row.name());
      }
    }
    return names;
  }
}
