package io.conntrack.exporter.live;

import io.conntrack.exporter.terms.UsageException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which endpoints, or sources, are asked for: {@code
 * sort=failed&order=descending&limit=50&filter=10.0.}.
 *
 * @param subject whether endpoints or sources
 * @param sort by what
 * @param ascending whether the least comes first
 * @param limit how many at most
 * @param filter what a label or the name has to contain, in lower case; empty for all
 */
public record LiveQuery(
    LiveSubject subject, LiveColumn sort, boolean ascending, int limit, String filter) {
  private static final int USUAL_LIMIT = 50;
  private static final int MOST = 1_000;
  private static final int LONGEST_FILTER = 200;

  /**
   * Reads the parameters of a URL.
   *
   * @param values of a parameter, by its name
   * @throws UsageException if a value is wrong. The message names it and what would be right
   */
  public static LiveQuery of(LiveSubject subject, Function<String, List<String>> values)
      throws UsageException {
    String sort = only(values, "sort", LiveColumn.FAILED.word(subject));
    LiveColumn column =
        LiveColumn.of(sort, subject)
            .orElseThrow(() -> wrong("sort", sort, "one of " + columns(subject)));
    String usualOrder = column == LiveColumn.WHO ? "ascending" : "descending";
    String order = only(values, "order", usualOrder);
    if (!order.equals("ascending") && !order.equals("descending")) {
      throw wrong("order", order, "ascending or descending");
    }
    String filter = only(values, "filter", "").strip();
    if (filter.length() > LONGEST_FILTER) {
      throw new UsageException(
          "filter has %d characters. It may have at most %d."
              .formatted(filter.length(), LONGEST_FILTER));
    }
    return new LiveQuery(
        subject, column, order.equals("ascending"), limit(values), filter.toLowerCase(Locale.ROOT));
  }

  /** What {@code show} asks for. */
  static LiveSubject subject(Function<String, List<String>> values, LiveFacts facts)
      throws UsageException {
    String show = only(values, "show", LiveSubject.ENDPOINTS.word());
    LiveSubject subject =
        LiveSubject.of(show).orElseThrow(() -> wrong("show", show, "endpoints or sources"));
    if (subject == LiveSubject.SOURCES && !facts.sources()) {
      throw new UsageException(
          "show=sources is wrong. Connections are counted by their source only with --sources.");
    }
    return subject;
  }

  private static int limit(Function<String, List<String>> values) throws UsageException {
    String text = only(values, "limit", Integer.toString(USUAL_LIMIT));
    int limit = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    if (limit < 1 || limit > MOST) {
      throw wrong("limit", text, "a number from 1 to " + MOST);
    }
    return limit;
  }

  private static String only(Function<String, List<String>> values, String name, String usual)
      throws UsageException {
    List<String> given = values.apply(name);
    if (given.size() > 1) {
      throw new UsageException(name + " is given " + given.size() + " times. Give it once.");
    }
    return given.isEmpty() || given.getFirst().isEmpty() ? usual : given.getFirst();
  }

  private static UsageException wrong(String name, String value, String right) {
    String shown = value.length() > LONGEST_FILTER ? value.substring(0, LONGEST_FILTER) : value;
    return new UsageException("%s=%s is wrong. It must be %s.".formatted(name, shown, right));
  }

  private static String columns(LiveSubject subject) {
    return Arrays.stream(LiveColumn.values())
        .map(column -> column.word(subject))
        .collect(Collectors.joining(", "));
  }

  /** The same rows in another order. */
  LiveQuery by(LiveColumn column) {
    boolean turned = column == sort ? !ascending : column == LiveColumn.WHO;
    return new LiveQuery(subject, column, turned, limit, filter);
  }

  /** Whether the filter is in a label. */
  boolean matches(LiveRow row) {
    return filter.isEmpty() || matches(row.labels()) || matches(row.namespace().name());
  }

  boolean matches(String text) {
    return text.toLowerCase(Locale.ROOT).contains(filter);
  }
}
