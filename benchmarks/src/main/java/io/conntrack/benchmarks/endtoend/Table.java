package io.conntrack.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows as text, in columns, that Markdown takes for a table as well. */
final class Table {
  private static final List<String> HEAD =
      List.of("name", "what", "ours", "yardstick", "ratio", "required", "verdict");

  private Table() {}

  static String text(List<Row> rows) {
    return text(HEAD, rows.stream().map(Table::cells).toList());
  }

  /** The same, with when each row was measured. */
  static String ofResults(List<Result> results) {
    List<String> head = plus(HEAD, "measured");
    return text(head, results.stream().map(each -> plus(cells(each.row()), each.when())).toList());
  }

  private static List<String> plus(List<String> cells, String further) {
    List<String> all = new ArrayList<>(cells);
    all.add(further);
    return all;
  }

  /** Rows below a head. */
  static String text(List<String> head, List<List<String>> rows) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(head);
    lines.addAll(rows);
    int[] widths =
        IntStream.range(0, head.size())
            .map(column ->
                lines.stream().mapToInt(line -> line.get(column).length()).max().orElse(0))
            .toArray();
    List<String> rule = IntStream.of(widths).mapToObj("-"::repeat).toList();
    lines.add(1, rule);
    return lines.stream().map(line -> line(line, widths)).collect(Collectors.joining());
  }

  private static List<String> cells(Row row) {
    String yardstick = "";
    if (row.isRatio()) {
      String figure = row.isMeasured() ? row.theirs().text(row.unit()) : "not here";
      yardstick = row.yardstick() + " " + figure;
    }
    String ratio = row.isRatio() && row.isMeasured() ? Samples.text(row.value()) + " x" : "";
    return List.of(
        row.name(),
        row.what(),
        row.ours().text(row.unit()),
        yardstick,
        ratio,
        required(row),
        row.verdict());
  }

  private static String required(Row row) {
    if (Double.isNaN(row.required())) {
      return "";
    }
    String unit = row.isRatio() ? "x" : row.unit();
    return "at most " + Samples.text(row.required()) + " " + unit;
  }

  private static String line(List<String> cells, int[] widths) {
    return IntStream.range(0, widths.length)
        .mapToObj(i -> cells.get(i) + " ".repeat(widths[i] - cells.get(i).length()))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
