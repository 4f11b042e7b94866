package io.conntrack.exporter.top;

import io.conntrack.exporter.live.Words;
import io.conntrack.exporter.top.Endpoints.Endpoint;
import io.conntrack.exporter.top.Endpoints.Health;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;

/** The lines around the rows: whose numbers they are, and whether they can be trusted. */
final class Page {
  private static final String KEYS =
      "q quit  < > sort by  r reverse  / filter  p pause  arrows scroll  ? help";

  /** With fewer lines than these, there is no room for the line in question. */
  private static final int ROWS_WITH_TITLE = 10;

  private static final int ROWS_WITH_KEYS = 8;
  private static final int ROWS_WITH_STATUS = 6;
  private static final int ROWS_WITH_HEALTH = 4;
  private static final int ROWS_WITH_HEAD = 3;

  /** Of many namespaces the healthy ones are left out first. */
  private static final int HEALTH_SHARE = 4;

  private final String title;
  private final Text text;
  private final Styles styles;

  Page(String title, Text text, Styles styles) {
    this.title = title;
    this.text = text;
    this.styles = styles;
  }

  /** All of it as text, for a pipe or a file. */
  List<String> plain(Endpoints endpoints, EndpointQuery query) {
    List<String> lines = new ArrayList<>();
    lines.add(
        text.of(
            "conntrack-exporter top: "
                + title
                + ", version "
                + endpoints.exporterVersion()
                + ", "
                + endpoints.time()));
    for (Health each : endpoints.namespaces()) {
      lines.add(text.of(health(each)));
      if (!each.problem().isEmpty()) {
        lines.add(text.of("  " + each.problem()));
      }
    }
    lines.add(text.of(status(endpoints, query)));
    Table table = new Table(endpoints, query.sort(), text, styles, Integer.MAX_VALUE);
    lines.add(table.head().toString());
    endpoints.rows().forEach(row -> lines.add(table.row(row).toString()));
    if (endpoints.rows().isEmpty()) {
      lines.add(noRow(query));
    }
    return lines.stream().map(String::stripTrailing).toList();
  }

  /** What a screen of this size shows; at most so many lines, none of them wider. */
  List<AttributedString> screen(View view, int rows, int columns) {
    List<AttributedString> top = new ArrayList<>();
    List<AttributedString> bottom = new ArrayList<>();
    Endpoints endpoints = view.shown();
    if (rows >= ROWS_WITH_TITLE) {
      String time = endpoints == null ? "" : ", " + time(endpoints.time());
      top.add(line(styles.strong(), "conntrack-exporter top" + time + ": " + title, columns));
    }
    if (!view.bottom().isEmpty()) {
      bottom.add(line(styles.strong(), view.bottom(), columns));
    } else if (rows >= ROWS_WITH_KEYS) {
      bottom.add(line(styles.faint(), KEYS, columns));
    }
    if (endpoints == null) {
      wrapped(view.failure().isEmpty() ? "Waiting for numbers." : view.failure(), columns, rows)
          .forEach(each -> top.add(line(styles.bad(), each, columns)));
      return fitted(top, bottom, rows);
    }
    if (rows >= ROWS_WITH_HEALTH) {
      top.addAll(health(endpoints, rows, columns));
    }
    if (!view.failure().isEmpty()) {
      top.add(line(styles.bad(), "The table is old. " + view.failure(), columns));
    } else if (rows >= ROWS_WITH_STATUS) {
      String paused = view.isPaused() ? " Paused." : "";
      top.add(line(styles.faint(), status(endpoints, view.query()) + paused, columns));
    }
    Table table = new Table(endpoints, view.query().sort(), text, styles, columns);
    if (rows >= ROWS_WITH_HEAD) {
      top.add(table.head().columnSubSequence(0, columns));
    }
    int room = Math.max(1, rows - top.size() - bottom.size());
    List<Endpoint> shown = view.visible(room);
    shown.forEach(row -> top.add(table.row(row).columnSubSequence(0, columns)));
    if (shown.isEmpty()) {
      top.add(line(styles.faint(), noRow(view.query()), columns));
    }
    return fitted(top, bottom, rows);
  }

  /** The bottom stays at the bottom. */
  private static List<AttributedString> fitted(
      List<AttributedString> top, List<AttributedString> bottom, int rows) {
    List<AttributedString> all =
        new ArrayList<>(top.subList(0, Math.min(top.size(), Math.max(0, rows - bottom.size()))));
    while (all.size() + bottom.size() < rows) {
      all.add(AttributedString.EMPTY);
    }
    all.addAll(bottom);
    return all.subList(0, Math.min(rows, all.size()));
  }

  private List<AttributedString> health(Endpoints endpoints, int rows, int columns) {
    int most = Math.max(1, rows / HEALTH_SHARE);
    List<Health> all =
        endpoints.namespaces().stream()
            .sorted(Comparator.comparing(Health::isBad).reversed())
            .toList();
    List<AttributedString> lines = new ArrayList<>();
    for (Health each : all) {
      lines.add(line(each.isBad() ? styles.bad() : styles.good(), health(each), columns));
      int room = Math.max(rows < ROWS_WITH_STATUS ? 0 : 1, most - lines.size());
      wrapped(each.problem(), columns - 2, room)
          .forEach(part -> lines.add(line(styles.bad(), "  " + part, columns)));
      if (lines.size() >= most) {
        break;
      }
    }
    return lines;
  }

  private AttributedString line(AttributedStyle style, String words, int columns) {
    return new AttributedString(text.left(words, columns).stripTrailing(), style);
  }

  /** The words in lines of this width; what is more than the most lines is cut. */
  private static List<String> wrapped(String words, int columns, int most) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ", -1)) {
      if (!line.isEmpty() && lines.size() + 1 < most && Text.width(line + " " + word) > columns) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    if (!line.isEmpty() && lines.size() < most) {
      lines.add(line.toString());
    }
    return lines;
  }

  /** The time of day, of 2026-11-28T03:30:00.123Z. */
  private static String time(String instant) {
    return instant.replaceFirst("^[^T]*T(\\d\\d:\\d\\d:\\d\\d).*", "$1 UTC");
  }

  private static String health(Health health) {
    StringBuilder words = new StringBuilder(health.isBad() ? Text.BAD : Text.GOOD);
    words.append(' ').append(health.netns().isEmpty() ? "This host" : health.netns());
    words.append(health.inSync() ? ": in sync" : ": not in sync");
    words.append(", ").append(Words.count(health.lostEvents())).append(" lost events");
    if (!Double.isNaN(health.tableEntries())) {
      words.append(", kernel's table ").append(Words.count(Math.round(health.tableEntries())));
      if (!Double.isNaN(health.tableLimit())) {
        words.append(" of ").append(Words.count(Math.round(health.tableLimit())));
      }
    }
    words.append(", ").append(Words.count(health.endpoints()));
    words.append(" of ").append(Words.count(health.endpointsLimit())).append(" endpoints, ");
    words.append(Words.count(health.connections())).append(" connections, last resync ");
    return words
        .append(Words.count(Math.round(health.resyncAgeSeconds())))
        .append(" s ago")
        .toString();
  }

  private static String status(Endpoints endpoints, EndpointQuery query) {
    String rates =
        Double.isNaN(endpoints.rateSeconds())
            ? "Rates come with the next reading."
            : "Rates are those of the last %.1f s.".formatted(endpoints.rateSeconds());
    String filter = query.filter().isEmpty() ? "" : " Filter: " + query.filter() + ".";
    return "%s of %s endpoints by %s, %s. %s%s"
        .formatted(
            Words.count(endpoints.rows().size()),
            Words.count(endpoints.matching()),
            query.sort(),
            query.order(),
            rates,
            filter);
  }

  private static String noRow(EndpointQuery query) {
    return query.filter().isEmpty() ? "No endpoint yet." : "No endpoint matches the filter.";
  }

  /** What the keys do. */
  List<AttributedString> help(int rows, int columns) {
    List<AttributedString> lines = new ArrayList<>();
    View.KEYS.forEach((key, what) ->
        lines.add(line(AttributedStyle.DEFAULT, "  %-14s %s".formatted(key, what), columns)));
    return fitted(lines, List.of(line(styles.faint(), "Any key goes back", columns)), rows);
  }
}
