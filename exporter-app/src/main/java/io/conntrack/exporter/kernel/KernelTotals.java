package io.conntrack.exporter.kernel;

import io.conntrack.ffm.request.KernelCounter;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The kernel's counters of connection tracking, as numbers that never fall while the daemon runs.
 * They sum up by how much each counter has gone up since the reading before.
 *
 * <p>A counter has 32 bits and wraps. If it has gone up by less than half of that since the last
 * reading, the sum is exact. If it has gone down, or up by more, it counts as one that began again
 * at zero, as when the kernel's module was loaded again. The sum may then lack what nobody read,
 * but does not fall. If the kernel no longer tells of a CPU, its sums stay as they were.
 *
 * <p>Belongs to the reading thread; outlives its failures.
 */
public final class KernelTotals {
  private final SortedMap<Integer, Map<KernelCounter, Total>> cpus = new TreeMap<>();

  /** One counter of one CPU. */
  private static final class Total {
    private int last;
    private long sum;

    void read(int now) {
      int since = now - last;
      sum += since >= 0 ? since : Integer.toUnsignedLong(now);
      last = now;
    }
  }

  /** Takes a reading: unsigned numbers of 32 bits by CPU. */
  void add(Map<Integer, Map<KernelCounter, Long>> reading) {
    reading.forEach((cpu, counters) -> {
      Map<KernelCounter, Total> totals =
          cpus.computeIfAbsent(cpu, number -> new EnumMap<>(KernelCounter.class));
      counters.forEach((counter, value) ->
          totals.computeIfAbsent(counter, name -> new Total()).read(value.intValue()));
    });
  }

  /** What has been added up, by CPU: a copy, in the order of the CPUs' numbers. */
  SortedMap<Integer, Map<KernelCounter, Long>> byCpu() {
    SortedMap<Integer, Map<KernelCounter, Long>> copy = new TreeMap<>();
    cpus.forEach((cpu, totals) -> {
      Map<KernelCounter, Long> sums = new EnumMap<>(KernelCounter.class);
      totals.forEach((counter, total) -> sums.put(counter, total.sum));
      copy.put(cpu, sums);
    });
    return copy;
  }
}
