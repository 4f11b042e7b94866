package io.conntrack.exporter.kernel;

import io.conntrack.ffm.request.KernelCounter;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The state of the kernel's own table, in the network namespace of the reader. Immutable. The
 * reader makes it, HTTP threads read it.
 *
 * @param entries how many the table has
 * @param limit how many it may have; 0 is no limit
 * @param counters by CPU; they never fall
 */
public record KernelTable(
    OptionalLong entries,
    OptionalLong limit,
    SortedMap<Integer, Map<KernelCounter, Long>> counters) {
  /** Where the kernel tells nothing. */
  public static final KernelTable UNTOLD =
      new KernelTable(OptionalLong.empty(), OptionalLong.empty(), new TreeMap<>());

  public KernelTable {
    counters = Collections.unmodifiableSortedMap(counters);
  }
}
