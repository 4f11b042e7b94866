package io.conntrack.benchmarks.endtoend;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code make bench}: runs the measurements whose names begin with the words given, or all. */
public final class Bench {
  private Bench() {}

  public static void main(String[] words) throws Exception {
    System.out.println(Machine.text());
    Machine.warnIfBusy();
    List<Row> rows = new ArrayList<>();
    int failures = run(measurements(Yardsticks.compile()), List.of(words), rows);
    System.out.print("\n" + Table.text(rows));
    Machine.warnIfBusy();
    System.exit(failures == 0 ? 0 : 1);
  }

  private static Map<String, Measurement> measurements(Yardsticks yardsticks) {
    Map<String, Measurement> all = new LinkedHashMap<>();
    all.put("resync-200k", new ResyncMeasurement("resync-200k", 200_000, yardsticks));
    all.put("resync-1m", new ResyncMeasurement("resync-1m", 1_000_000, yardsticks));
    all.put("events", new EventsMeasurement(yardsticks));
    return all;
  }

  /** Adds the rows; returns how many measurements failed. */
  private static int run(Map<String, Measurement> all, List<String> words, List<Row> rows) {
    int failures = 0;
    for (Map.Entry<String, Measurement> entry : all.entrySet()) {
      String name = entry.getKey();
      if (!words.isEmpty() && words.stream().noneMatch(name::startsWith)) {
        continue;
      }
      long startNs = System.nanoTime();
      try {
        rows.addAll(entry.getValue().measure());
      } catch (Exception | AssertionError e) {
        failures++;
        System.err.println(name + " failed: " + e);
        e.printStackTrace();
      }
      System.err.printf("%s: %.0f s%n", name, (System.nanoTime() - startNs) / 1e9);
    }
    return failures;
  }
}
