package io.conntrack.packaging;

import io.conntrack.testbed.Connections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The numbers of one scrape, by series as the text formats write it: {@code
 * conntrack_open_connections{host="10.0.1.5:3306"}}.
 */
public record Scrape(Map<String, Double> series) {
  private static final Pattern CONNECTIONS =
      Pattern.compile("conntrack_[a-z]+_connections\\{host=\"([^\"]+)\"}");

  /** Reads the text format, or OpenMetrics; a series that comes twice is an error. */
  public static Scrape ofText(String text) {
    Map<String, Double> series = new TreeMap<>();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int space = line.lastIndexOf(' ');
          String name = line.substring(0, space);
          if (series.put(name, Double.valueOf(line.substring(space + 1))) != null) {
            throw new AssertionError("twice in a scrape: " + name);
          }
        });
    return new Scrape(series);
  }

  /** The value of a series, which must be there. */
  public double value(String name) {
    if (!series.containsKey(name)) {
      throw new AssertionError("no series " + name + " in " + series.keySet());
    }
    return series.get(name);
  }

  /** Every host that is shown, with how many connections are "opening open closing closed". */
  Map<String, String> hosts() {
    Map<String, String> hosts = new TreeMap<>();
    connections().forEach((host, connections) -> hosts.put(host, connections.toString()));
    return hosts;
  }

  /** Every host that is shown, each with all four series. */
  Map<String, Connections> connections() {
    Map<String, Connections> hosts = new TreeMap<>();
    for (String name : series.keySet()) {
      Matcher matcher = CONNECTIONS.matcher(name);
      if (matcher.matches()) {
        hosts.computeIfAbsent(matcher.group(1), this::ofHost);
      }
    }
    return hosts;
  }

  private Connections ofHost(String host) {
    return new Connections(
        count("opening", host), count("open", host), count("closing", host), count("closed", host));
  }

  private int count(String state, String host) {
    return (int) value("conntrack_" + state + "_connections{host=\"" + host + "\"}");
  }

  /** Four numbers as {@link #hosts} shows them. */
  static String states(int... counts) {
    return new Connections(counts[0], counts[1], counts[2], counts[3]).toString();
  }
}
