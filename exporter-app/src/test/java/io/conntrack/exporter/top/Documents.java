package io.conntrack.exporter.top;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Answers of an exporter. */
final class Documents {
  static final String HEALTHY =
      """
      {"netns":"","in_sync":true,"resync_age_seconds":3.4,"lost_events":0,"table_entries":1300,
       "table_limit":262144,"connections":1234,"endpoints":3,"endpoints_limit":10000,"problem":""}
      """;

  private Documents() {}

  /** With {@code rates} being "null" or a number. */
  static String of(String rates, String namespaces, String... rows) {
    return """
    {"version":1,"time":"2026-11-28T03:30:00.123Z","rate_seconds":%s,"exporter_version":"1.0.0",
     "options":[],"sort":"failed","ascending":false,"matching":%d,"namespaces":[%s],
     "endpoints":[%s]}
    """
        .formatted(rates, rows.length, namespaces, String.join(",", rows));
  }

  static Endpoints parsed(String... rows) throws IOException {
    return Endpoints.of("test", of("2.0", HEALTHY, rows));
  }

  static String row(String host, int open, double refused) {
    return row(host, open, refused, "");
  }

  static String row(String host, int open, double refused, String more) {
    return """
    {"labels":{"host":"%s"},"opening":1,"open":%d,"closing":0,"closed":0,
     "opened":{"total":7,"per_second":0.5},
     "failed":{"unanswered":{"total":2,"per_second":0},"refused":{"total":9,"per_second":%s}},
     "ended":{"timed_out":{"total":1,"per_second":0.25},"closed":{"total":1,"per_second":0.25}}%s}
    """
        .formatted(escaped(host), open, refused, more);
  }

  private static String escaped(String text) {
    return text.chars()
        .mapToObj(each -> each < ' ' || each > '~' ? "\\u%04x".formatted(each) : "" + (char) each)
        .collect(Collectors.joining());
  }

  static String[] rows(String... hosts) {
    return Arrays.stream(hosts).map(host -> row(host, 1, 0)).toArray(String[]::new);
  }
}
