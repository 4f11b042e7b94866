package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All measurements by name, in the order of the table. */
final class Measurements {
  /** What tells of a slower hot path in a few minutes. */
  static final List<String> OF_CHECK = List.of("hot-path", "resync-200k", "events", "scrape-10k");

  private static final List<String> LONG =
      List.of("options", "page", "first-minute", "sizes", "hot-path");

  private final Map<String, Measurement> all = new LinkedHashMap<>();

  Measurements() throws IOException, InterruptedException {
    Yardsticks yardsticks = Yardsticks.compile();
    all.put("resync-200k", new ResyncMeasurement("resync-200k", 200_000, yardsticks));
    all.put("resync-1m", new ResyncMeasurement("resync-1m", 1_000_000, yardsticks));
    all.put("resync-10m", new ResyncMeasurement("resync-10m", 10_000_000, yardsticks));
    all.put("events", new EventsMeasurement(yardsticks));
    all.put("connections", new ConnectionsMeasurement(yardsticks));
    all.put("churn", new ChurnMeasurement(yardsticks));
    all.put("growth", new GrowthMeasurement());
    all.put("options", new OptionsMeasurement());
    all.put("allocation", new AllocationMeasurement());
    all.put("memory-1k", new MemoryMeasurement());
    all.put("memory-1m", new LargeTableMeasurement("memory-1m", 1_000_000, 110));
    all.put("memory-10m", new LargeTableMeasurement("memory-10m", 10_000_000, 450));
    all.put("scrape-10k", new ScrapeMeasurement("scrape-10k", 10_000, 60, 20));
    all.put("scrape-100k", new ScrapeMeasurement("scrape-100k", 100_000, 15, 200));
    all.put("page", new PageMeasurement());
    all.put("first-answer", new FirstAnswerMeasurement());
    all.put("first-minute", new FirstMinuteMeasurement());
    all.put("rest-1k", new RestMeasurement("rest-1k", 1_000, false, 4, 0.2));
    all.put("rest-1k-old", new RestMeasurement("rest-1k-old", 1_000, true, 4, 0.2));
    all.put("rest-1m", new RestMeasurement("rest-1m", 1_000_000, false, 20, 2));
    all.put("rest-1m-old", new RestMeasurement("rest-1m-old", 1_000_000, true, 20, 2));
    all.put("rest-beside", new BesideMeasurement());
    all.put("rest-50-namespaces", new NamespacesMeasurement("rest-50-namespaces", 50, 1, 110));
    all.put("rest-200-namespaces", new NamespacesMeasurement("rest-200-namespaces", 200, 2, 150));
    all.put("sizes", new SizesMeasurement());
    all.put("hot-path", new HotPathMeasurement());
  }

  /** The names of all, in the order of the table. */
  List<String> names() {
    return List.copyOf(all.keySet());
  }

  /** The names that begin with one of the words. */
  List<String> named(List<String> words) {
    List<String> names =
        names().stream().filter(name -> words.stream().anyMatch(name::startsWith)).toList();
    if (names.isEmpty()) {
      throw new IllegalArgumentException(
          "no measurement's name begins with one of " + words + "; there are " + all.keySet());
    }
    return names;
  }

  /** Those that take some seconds to a minute each. */
  List<String> quick() {
    return names().stream().filter(name -> !isLong(name)).toList();
  }

  private static boolean isLong(String name) {
    return name.startsWith("rest") || name.contains("10m") || LONG.contains(name);
  }

  /** Measures, and tells on standard error how long it took. */
  List<Row> measure(String name) throws Exception {
    long startNs = System.nanoTime();
    System.err.printf("%s ...", name);
    try {
      return all.get(name).measure();
    } finally {
      System.err.printf(" %.0f s%n", (System.nanoTime() - startNs) / 1e9);
    }
  }
}
