package io.conntrack.exporter.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the page: a table that is whole without a script. The script {@code page.js} then keeps it
 * as it is now.
 */
final class LiveHtml {
  private static final String DOCUMENT = resource("page.html");
  private static final Pattern PLACE = Pattern.compile("\\{([a-z]+)}");
  private static final List<Integer> LIMITS = List.of(20, 50, 200, 1000);

  private final LiveQuery query;
  private final LiveSubject subject;

  /** Beside the label that names the subject. */
  private final List<String> labels;

  private final List<LiveColumn> columns;

  /** Since the observation that rates count from; NaN if there is none. */
  private final double seconds;

  private LiveHtml(LiveQuery query, List<String> labels, List<LiveColumn> columns, double seconds) {
    this.query = query;
    this.subject = query.subject();
    this.labels = labels;
    this.columns = columns;
    this.seconds = seconds;
  }

  /** A file of the page. */
  static String resource(String name) {
    try (InputStream in = LiveHtml.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " of the program", e);
    }
  }

  static String of(LiveState state, LiveState.Selection selection, LiveFacts facts) {
    LiveQuery query = selection.query();
    LiveSubject subject = query.subject();
    LiveHtml html =
        new LiveHtml(
            query,
            state.labelNames(subject).stream().filter(name -> !name.equals(subject.label)).toList(),
            columns(state.namespaces(subject)),
            state.seconds().orElse(Double.NaN));
    String rows =
        selection.rows().stream()
            .map(row -> html.row(row, state.name(row, subject)))
            .collect(Collectors.joining("\n"));
    String health =
        state.namespaces().stream()
            .map(LiveHealth::of)
            .map(LiveHtml::health)
            .collect(Collectors.joining("\n"));
    String status =
        Words.count(selection.rows().size())
            + " of "
            + Words.count(selection.matching())
            + " "
            + subject.word();
    return html.document(facts, health, rows.isEmpty() ? html.noRow() : rows, status);
  }

  /** The page where there is nothing true to show. */
  static String unready(String why, LiveQuery query, LiveFacts facts) {
    LiveHtml html = new LiveHtml(query, List.of(), columns(false, false), Double.NaN);
    String health =
        "<li class=\"bad\"><strong>▲ Not ready</strong><p>" + Words.escape(why) + "</p></li>";
    return html.document(facts, health, html.noRow(), "");
  }

  private static List<LiveColumn> columns(List<LiveNamespace> namespaces) {
    return columns(
        namespaces.stream().anyMatch(each -> each.now().hasTraffic()),
        namespaces.getFirst().now().hasTimes());
  }

  private static List<LiveColumn> columns(boolean traffic, boolean times) {
    return Stream.of(LiveColumn.values())
        .filter(column ->
            switch (column) {
              case WHO -> false;
              case SENT, RECEIVED -> traffic;
              case SETUP -> times;
              default -> true;
            })
        .toList();
  }

  private String document(LiveFacts facts, String health, String rows, String status) {
    String options = String.join(" ", facts.options());
    Map<String, String> parts =
        Map.ofEntries(
            Map.entry("health", health),
            Map.entry("filter", Words.escape(query.filter())),
            Map.entry("limits", limits()),
            Map.entry("sort", query.sort().word(subject)),
            Map.entry("order", order(query)),
            Map.entry("show", subject.word()),
            Map.entry("caption", subject.caption),
            Map.entry("subjects", facts.sources() ? subjects() : ""),
            Map.entry("status", status),
            Map.entry("heads", heads()),
            Map.entry("rows", rows),
            Map.entry("version", Words.escape(facts.build().toString())),
            Map.entry("options", options.isEmpty() ? "defaults" : Words.escape(options)),
            Map.entry("metrics", Words.escape(facts.metricsPath().substring(1))));
    return PLACE
        .matcher(DOCUMENT)
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
  }

  private static String order(LiveQuery query) {
    return query.ascending() ? "ascending" : "descending";
  }

  /** What else can be shown. */
  private String subjects() {
    return Stream.of(LiveSubject.values())
        .map(each ->
            "<a href=\"?show=%s\"%s>%s</a>"
                .formatted(
                    each.word(),
                    each == subject ? " aria-current=\"page\"" : "",
                    title(each.word())))
        .collect(Collectors.joining("\n", "<nav aria-label=\"Tables\">\n", "\n</nav>\n"));
  }

  private String limits() {
    return Stream.concat(LIMITS.stream(), Stream.of(query.limit()))
        .distinct()
        .sorted()
        .map(limit ->
            "<option%s>%d</option>".formatted(limit == query.limit() ? " selected" : "", limit))
        .collect(Collectors.joining());
  }

  private String heads() {
    List<String> heads = new ArrayList<>();
    heads.add(head(LiveColumn.WHO));
    labels.forEach(label ->
        heads.add(
            "<th scope=\"col\" data-column=\"label-%s\">%s</th>".formatted(label, title(label))));
    columns.forEach(column -> heads.add(head(column)));
    heads.add("<th scope=\"col\" data-column=\"spark\">Open, 5 min</th>");
    return String.join("\n", heads);
  }

  /** {@code ct_zone} becomes "Ct zone". */
  private static String title(String label) {
    String words = label.replace('_', ' ');
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private String head(LiveColumn column) {
    LiveQuery other = query.by(column);
    String link =
        "?show=%s&amp;sort=%s&amp;order=%s&amp;limit=%d&amp;filter=%s"
            .formatted(
                subject.word(),
                column.word(subject),
                order(other),
                other.limit(),
                URLEncoder.encode(query.filter(), UTF_8));
    return "<th scope=\"col\" data-column=\"%s\"%s><a href=\"%s\">%s</a></th>"
        .formatted(
            column.word(subject),
            column == query.sort() ? " aria-sort=\"" + order(query) + "\"" : "",
            link,
            column.title(subject));
  }

  private static String health(LiveHealth health) {
    boolean bad = !health.problem().isEmpty() || !health.inSync();
    String name = health.netns().isEmpty() ? "This host" : Words.escape(health.netns());
    StringBuilder item = new StringBuilder(bad ? "<li class=\"bad\">" : "<li>");
    item.append("<strong>")
        .append(bad ? "▲ " : "✓ ")
        .append(name)
        .append(": ")
        .append(health.state())
        .append("</strong>");
    health.facts().forEach(fact -> item.append("<span>").append(fact).append("</span> "));
    if (!health.problem().isEmpty()) {
      item.append("<p>").append(Words.escape(health.problem())).append("</p>");
    }
    return item.append("</li>").toString();
  }

  private String noRow() {
    return "<tr><td class=\"empty\" colspan=\"%d\">%s</td></tr>"
        .formatted(
            2 + labels.size() + columns.size(),
            "No " + subject.one() + (query.filter().isEmpty() ? " yet." : " matches the filter."));
  }

  private String row(LiveRow row, String name) {
    boolean failing = !Double.isNaN(seconds) && row.more(LiveRow.FAILED) > 0;
    StringBuilder line = new StringBuilder(failing ? "<tr class=\"failing\">" : "<tr>");
    line.append("<th scope=\"row\" data-column=\"")
        .append(subject.label)
        .append("\">")
        .append(Words.escape(row.label(subject.label)))
        .append(name.isEmpty() ? "" : " <span class=\"name\">" + Words.escape(name) + "</span>")
        .append(failing ? " <span class=\"mark\">▲ failing</span></th>" : "</th>");
    labels.forEach(label -> cell(line, "label-" + label, Words.escape(row.label(label))));
    columns.forEach(column -> cell(line, column.word(subject), text(row, column)));
    cell(line, "spark", "");
    return line.append("</tr>").toString();
  }

  private static void cell(StringBuilder line, String column, String text) {
    line.append("<td data-column=\"").append(column).append("\">").append(text).append("</td>");
  }

  private String text(LiveRow row, LiveColumn column) {
    return switch (column) {
      case WHO -> row.label(subject.label);
      case OPENING -> Words.count(row.connections(ConnectionState.OPENING));
      case OPEN -> Words.count(row.connections(ConnectionState.OPEN));
      case CLOSING -> Words.count(row.connections(ConnectionState.CLOSING));
      case CLOSED -> Words.count(row.connections(ConnectionState.CLOSED));
      case OPENED -> rate(row, List.of(Outcome.OPENED));
      case FAILED -> rate(row, LiveRow.FAILED) + reasons(row, LiveRow.FAILED);
      case ENDED -> rate(row, LiveRow.ENDED) + reasons(row, LiveRow.ENDED);
      case SENT -> Words.bytes(row.more(Traffic.SENT_BYTES) / seconds);
      case RECEIVED -> Words.bytes(row.more(Traffic.RECEIVED_BYTES) / seconds);
      case SETUP -> Words.seconds(row.medianSetup());
    };
  }

  /** Without an earlier observation the total, since nobody can tell a rate. */
  private String rate(LiveRow row, List<Outcome> outcomes) {
    return Double.isNaN(seconds)
        ? Words.count(row.total(outcomes)) + " in all"
        : Words.rate(row.more(outcomes) / seconds);
  }

  /** The rate of each reason that there is now. The usual end needs no word. */
  private String reasons(LiveRow row, List<Outcome> outcomes) {
    if (Double.isNaN(seconds)) {
      return "";
    }
    String reasons =
        outcomes.stream()
            .filter(outcome -> outcome != Outcome.ENDED_CLOSED && row.more(outcome) > 0)
            .map(outcome ->
                outcome.reason().replace('_', ' ') + " " + Words.rate(row.more(outcome) / seconds))
            .collect(Collectors.joining(", "));
    return reasons.isEmpty() ? "" : "<span class=\"why\">" + reasons + "</span>";
  }
}
