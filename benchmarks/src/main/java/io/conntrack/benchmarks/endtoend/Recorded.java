package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The ratios of an earlier run, and what became worse since. A text file: comments, and a row's
 * name and ratio a line, with a tab between. Only ratios mean something on another machine or day.
 */
record Recorded(Map<String, Double> ratios) {
  static final Path FILE = Path.of("../last-results.txt");

  /** A loss of more than a fifth. */
  static final double TOLERATED = 1.2;

  static Recorded of(List<Row> rows) {
    Map<String, Double> ratios = new LinkedHashMap<>();
    rows.stream()
        .filter(row -> row.isRatio() && row.isMeasured())
        .forEach(row -> ratios.put(row.name(), row.value()));
    return new Recorded(ratios);
  }

  static Recorded read(Path file) throws IOException {
    Map<String, Double> ratios = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("#") && !line.isBlank()) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 2) {
          throw new IOException(file + ": not a name, a tab and a ratio: " + line);
        }
        ratios.put(fields[0], Double.valueOf(fields[1]));
      }
    }
    return new Recorded(ratios);
  }

  void write(Path file, String machine) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("# Ratios of the last recorded run, for make bench-check; by make bench-record.\n");
    text.append("# ").append(machine).append('\n');
    ratios.forEach(
        (name, ratio) -> text.append(String.format(Locale.ROOT, "%s\t%.3f\n", name, ratio)));
    Files.writeString(file, text);
  }

  /**
   * What is worse in these rows, in words, by name: a ratio by more than {@link #TOLERATED}, and a
   * figure that stands for itself (heap for an event, say) beyond what it may be.
   */
  Map<String, String> losses(List<Row> rows) {
    Map<String, String> losses = new LinkedHashMap<>();
    for (Row row : rows) {
      Double before = ratios.get(row.name());
      if (!row.isRatio() && row.isMissed()) {
        losses.put(
            row.name(),
            "%s: %s, may be %s"
                .formatted(row.name(), row.ours().text(row.unit()), Samples.text(row.required())));
      } else if (before != null && row.value() > before * TOLERATED) {
        losses.put(
            row.name(),
            "%s: %s x, was %s x"
                .formatted(row.name(), Samples.text(row.value()), Samples.text(before)));
      }
    }
    return losses;
  }

  /** The rows that there is nothing to compare with: no record, or no yardstick. */
  List<String> notCompared(List<Row> rows) {
    List<String> names = new ArrayList<>();
    for (Row row : rows) {
      if (row.isRatio() && (!row.isMeasured() || !ratios.containsKey(row.name()))) {
        names.add(row.name());
      }
    }
    return names;
  }
}
