package io.conntrack.exporter;

import io.conntrack.aggregator.Snapshot;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * One consistent state of everything, made by the reader at one instant: what a scrape shows.
 * Immutable.
 *
 * @param connections of the own network namespace, like the statistics and the table
 * @param others what was observed in other network namespaces, by their names; they have no others
 */
record Observation(
    Snapshot connections,
    ReaderStatistics statistics,
    KernelTable table,
    Optional<RulesStatus> rules,
    SortedMap<String, Observation> others) {
  Observation {
    others = Collections.unmodifiableSortedMap(others);
  }

  /** Of one namespace alone. */
  Observation(
      Snapshot connections,
      ReaderStatistics statistics,
      KernelTable table,
      Optional<RulesStatus> rules) {
    this(connections, statistics, table, rules, new TreeMap<>());
  }

  Observation with(SortedMap<String, Observation> observedInOthers) {
    return new Observation(connections, statistics, table, rules, observedInOthers);
  }

  /** Takes each namespace's, the own one first, whose name is empty. */
  void forEach(BiConsumer<String, Observation> taker) {
    taker.accept("", this);
    others.forEach(taker);
  }
}
