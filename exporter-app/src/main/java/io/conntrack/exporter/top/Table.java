package io.conntrack.exporter.top;

import io.conntrack.exporter.live.Words;
import io.conntrack.exporter.top.Endpoints.Endpoint;
import io.conntrack.exporter.top.Endpoints.Reasons;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * Endpoints as lines of columns. Where the columns do not fit, those that tell least are left out,
 * but never the one that is sorted by.
 */
final class Table {
  private static final int MARK_CELLS = 2;
  private static final int HOST_CELLS = 21;
  private static final int LEAST_HOST_CELLS = 8;
  private static final int NAME_CELLS = 20;
  private static final String NAME = "NAME";
  private static final int SORTED = 1_000;

  /**
   * One column.
   *
   * @param sort the word that sorts by it; empty if none does
   * @param cells of a usual value
   * @param worth the least goes first
   */
  private record Column(
      String title, String sort, int cells, int worth, Function<Endpoint, String> text) {
    boolean isLeft() {
      return cells < 0;
    }

    Column wide(int all) {
      return new Column(title, sort, isLeft() ? -all : all, worth, text);
    }

    int width() {
      return Math.abs(cells);
    }
  }

  private final Endpoints endpoints;
  private final String sort;
  private final Text text;
  private final Styles styles;
  private final List<Column> columns = new ArrayList<>();

  /**
   * Lays the columns out.
   *
   * @param cells how wide a line may be
   */
  Table(Endpoints endpoints, String sort, Text text, Styles styles, int cells) {
    this.endpoints = endpoints;
    this.sort = sort;
    this.text = text;
    this.styles = styles;
    addColumns();
    columns.replaceAll(this::natural);
    fit(cells);
  }

  private void addColumns() {
    left("HOST", "host", HOST_CELLS, 100, Endpoint::host);
    if (endpoints.rows().stream().anyMatch(row -> !row.name().isEmpty())) {
      left(NAME, "", NAME.length(), 75, Endpoint::name);
    }
    for (String label : endpoints.otherLabels()) {
      String title = Text.safe(label).toUpperCase(Locale.ROOT);
      left(title, "", title.length(), 65, row -> row.labels().getOrDefault(label, ""));
    }
    right("OPENING", 7, 70, row -> Words.count(row.opening()));
    right("OPEN", 7, 85, row -> Words.count(row.open()));
    right("CLOSING", 7, 50, row -> Words.count(row.closing()));
    right("CLOSED", 7, 30, row -> Words.count(row.closed()));
    right("OPENED/s", 8, 60, row -> Words.rate(row.opened()));
    right("FAILED/s", 8, 90, row -> rate(row.failed()));
    left("REASON", "", 11, 80, row -> reason(row.failed()));
    right("ENDED/s", 7, 40, row -> rate(row.ended()));
    if (endpoints.hasTraffic()) {
      right("SENT/s", 8, 46, row -> Words.bytes(row.sent()));
      right("RECEIVED/s", 10, 45, row -> Words.bytes(row.received()));
    }
    if (endpoints.hasTimes()) {
      right("SETUP", 7, 55, row -> Words.seconds(row.setupSeconds()));
    }
  }

  private void left(
      String title, String by, int cells, int worth, Function<Endpoint, String> value) {
    columns.add(new Column(title, by, -cells, worth, value));
  }

  private void right(String title, int cells, int worth, Function<Endpoint, String> value) {
    String by = title.replace("/s", "").toLowerCase(Locale.ROOT);
    columns.add(new Column(title, by, cells, by.equals(sort) ? SORTED : worth, value));
  }

  /** Where nothing is known of a time, nothing failed is not known either. */
  private String rate(Reasons reasons) {
    return Words.rate(Double.isNaN(endpoints.rateSeconds()) ? Double.NaN : reasons.perSecond());
  }

  private static String reason(Reasons reasons) {
    return reasons.main().replace('_', ' ') + (reasons.others() > 0 ? "+" : "");
  }

  private Column natural(Column column) {
    int widest =
        endpoints.rows().stream()
            .mapToInt(row -> Text.width(text.of(column.text.apply(row))))
            .max()
            .orElse(0);
    return column.wide(Math.max(column.width(), widest));
  }

  /** Hosts and names are cut a little first, then columns go, then hosts are cut more. */
  private void fit(int cells) {
    cutHost(cells, HOST_CELLS);
    cutNames(cells);
    while (isTooWide(cells)) {
      Column least =
          columns.stream().skip(1).min(Comparator.comparingInt(Column::worth)).orElseThrow();
      columns.remove(least);
    }
    cutHost(cells, 1);
  }

  /** Of two columns the host gives way, until it has few cells. */
  private boolean isTooWide(int cells) {
    int least = columns.size() > 2 ? hostWidth() : LEAST_HOST_CELLS;
    return columns.size() > 1 && all() - hostWidth() + least > cells;
  }

  private int hostWidth() {
    return columns.getFirst().width();
  }

  private void cutHost(int cells, int least) {
    int tooMany = Math.max(0, all() - cells);
    if (hostWidth() > least) {
      columns.set(0, columns.getFirst().wide(Math.max(least, hostWidth() - tooMany)));
    }
  }

  private void cutNames(int cells) {
    int tooMany = Math.max(0, all() - cells);
    columns.replaceAll(column ->
        column.title.equals(NAME) && column.width() > NAME_CELLS
            ? column.wide(Math.max(NAME_CELLS, column.width() - tooMany))
            : column);
  }

  private int all() {
    return MARK_CELLS + columns.stream().mapToInt(Column::width).sum() + columns.size() - 1;
  }

  AttributedString head() {
    AttributedStringBuilder line = new AttributedStringBuilder();
    line.styled(styles.head(), " ".repeat(MARK_CELLS));
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      boolean sorted = column.sort.equals(sort);
      line.styled(styles.head(), i > 0 ? " " : "");
      line.styled(sorted ? styles.sorted() : styles.head(), aligned(column, column.title));
    }
    return line.toAttributedString();
  }

  AttributedString row(Endpoint row) {
    AttributedStyle style = row.isFailing() ? styles.bad() : AttributedStyle.DEFAULT;
    AttributedStringBuilder line = new AttributedStringBuilder();
    line.styled(style, text.left(row.isFailing() ? Text.BAD : "", MARK_CELLS));
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      String value = column.text.apply(row);
      boolean isZero = !row.isFailing() && value.matches("0( B)?|–");
      line.styled(style, i > 0 ? " " : "");
      line.styled(isZero ? styles.faint() : style, aligned(column, value));
    }
    return line.toAttributedString();
  }

  private String aligned(Column column, String value) {
    return column.isLeft() ? text.left(value, column.width()) : text.right(value, column.width());
  }
}
