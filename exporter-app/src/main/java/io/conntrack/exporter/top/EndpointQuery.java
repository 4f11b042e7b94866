package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.exporter.options.TopSettings;
import java.net.URLEncoder;
import java.util.List;

/**
 * What is asked for, as the page's data takes it.
 *
 * @param sort by which column
 * @param ascending whether the least comes first
 * @param limit how many endpoints at most
 * @param filter what a label or the name has to contain; empty for all
 */
public record EndpointQuery(String sort, boolean ascending, int limit, String filter) {
  static EndpointQuery of(TopSettings settings) {
    return new EndpointQuery(
        settings.sort(), settings.ascending(), settings.limit(), settings.filter());
  }

  /** The values of a parameter. */
  public List<String> values(String parameter) {
    return switch (parameter) {
      case "sort" -> List.of(sort);
      case "order" -> List.of(order());
      case "limit" -> List.of(Integer.toString(limit));
      case "filter" -> List.of(filter);
      default -> List.of();
    };
  }

  String order() {
    return ascending ? "ascending" : "descending";
  }

  /** As it stands behind the question mark of a URL. */
  String text() {
    return "sort=%s&order=%s&limit=%d&filter=%s"
        .formatted(sort, order(), limit, URLEncoder.encode(filter, UTF_8));
  }
}
