package io.conntrack.testbed;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code conntrack -S} says: the independent witness of the kernel's counters. */
public final class ConntrackStatistics {
  private ConntrackStatistics() {}

  /** The counters of each CPU by the command's names: {@code cpu=0 found=0 invalid=3 ...}. */
  public static Map<Integer, Map<String, Long>> byCpu(Namespace namespace) {
    Map<Integer, Map<String, Long>> cpus = new TreeMap<>();
    namespace
        .sh("conntrack -S")
        .lines()
        .forEach(line -> {
          Map<String, Long> counters =
              Arrays.stream(line.strip().split("\\s+", -1))
                  .map(word -> word.split("=", 2))
                  .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
          cpus.put(counters.remove("cpu").intValue(), counters);
        });
    return cpus;
  }
}
