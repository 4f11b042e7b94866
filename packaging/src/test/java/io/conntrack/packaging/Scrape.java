package io.conntrack.packaging;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The numbers of one scrape, by series as the text formats write it: {@code
 * conntrack_open_connections{host="10.0.1.5:3306"}}.
 */
record Scrape(Map<String, Double> series) {
  private static final List<String> STATES = List.of("opening", "open", "closing", "closed");
  private static final Pattern CONNECTIONS =
      Pattern.compile("conntrack_([a-z]+)_connections\\{host=\"([^\"]+)\"}");

  /** Reads the text format, or OpenMetrics. */
  static Scrape ofText(String text) {
    Map<String, Double> series = new TreeMap<>();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int space = line.lastIndexOf(' ');
          series.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
        });
    return new Scrape(series);
  }

  /** The value of a series, which must be there. */
  double value(String name) {
    if (!series.containsKey(name)) {
      throw new AssertionError("no series " + name + " in " + series.keySet());
    }
    return series.get(name);
  }

  /** Every host that is shown, with how many connections are "opening open closing closed". */
  Map<String, String> hosts() {
    Map<String, int[]> counts = new TreeMap<>();
    series.forEach((name, value) -> {
      Matcher matcher = CONNECTIONS.matcher(name);
      if (matcher.matches()) {
        counts
                .computeIfAbsent(matcher.group(2), host -> new int[STATES.size()])[
                STATES.indexOf(matcher.group(1))] =
            value.intValue();
      }
    });
    Map<String, String> hosts = new TreeMap<>();
    counts.forEach((host, count) -> hosts.put(host, states(count)));
    return hosts;
  }

  /** Four numbers as {@link #hosts} shows them. */
  static String states(int... counts) {
    return "%d %d %d %d".formatted(counts[0], counts[1], counts[2], counts[3]);
  }
}
