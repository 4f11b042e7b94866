package io.conntrack.packaging.random;

import io.conntrack.packaging.Scrape;
import io.conntrack.testbed.Connections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One scrape by its labels.
 *
 * @param health what the program says of itself in each namespace, by metric and other labels
 */
record Shown(
    Map<Series, Connections> gauges,
    Map<Counted, Long> counters,
    Map<String, Map<String, Double>> health) {
  private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)})?");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");
  private static final Pattern GAUGE =
      Pattern.compile("conntrack_(opening|open|closing|closed)_connections");
  private static final Pattern COUNTER =
      Pattern.compile("conntrack_connections_(opened|failed|ended)_total");

  static Shown of(Scrape scrape) {
    Shown shown = new Shown(new HashMap<>(), new HashMap<>(), new HashMap<>());
    scrape.series().forEach(shown::add);
    return shown;
  }

  private void add(String sample, double value) {
    Matcher parts = SAMPLE.matcher(sample);
    if (!parts.matches()) {
      return;
    }
    String name = parts.group(1);
    Map<String, String> labels = labels(parts.group(2));
    Matcher gauge = GAUGE.matcher(name);
    Matcher counter = COUNTER.matcher(name);
    if (gauge.matches()) {
      Connections count = connections(gauge.group(1), (int) value);
      gauges.merge(Series.ofLabels(labels), count, Connections::plus);
    } else if (counter.matches()) {
      String what = (counter.group(1) + " " + labels.getOrDefault("reason", "")).strip();
      counters.put(new Counted(Series.ofLabels(labels), what), (long) value);
    } else if (name.startsWith("conntrack_")) {
      String netns = labels.containsKey("netns") ? labels.remove("netns") : "";
      String metric = labels.isEmpty() ? name : name + labels;
      health.computeIfAbsent(netns, key -> new HashMap<>()).put(metric, value);
    }
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new TreeMap<>();
    if (text != null) {
      Matcher label = LABEL.matcher(text);
      while (label.find()) {
        labels.put(label.group(1), label.group(2));
      }
    }
    return labels;
  }

  private static Connections connections(String state, int count) {
    return switch (state) {
      case "opening" -> new Connections(count, 0, 0, 0);
      case "open" -> new Connections(0, count, 0, 0);
      case "closing" -> new Connections(0, 0, count, 0);
      case "closed" -> new Connections(0, 0, 0, count);
      default -> throw new AssertionError("no gauge is called " + state);
    };
  }

  /** What the program says of itself; 0 if it says nothing. */
  long health(Place place, String metric) {
    return health.getOrDefault(place.netns, Map.of()).getOrDefault(metric, 0.0).longValue();
  }
}
