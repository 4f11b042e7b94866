package io.conntrack.exporter.reading;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.exporter.rules.RulesStatus;
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
public record Observation(
    Snapshot connections,
    ReaderStatistics statistics,
    KernelTable table,
    Optional<RulesStatus> rules,
    SortedMap<String, Observation> others) {
  public Observation {
    others = Collections.unmodifiableSortedMap(others);
  }

  /** Of one namespace alone. */
  public Observation(
      Snapshot connections,
      ReaderStatistics statistics,
      KernelTable table,
      Optional<RulesStatus> rules) {
    this(connections, statistics, table, rules, new TreeMap<>());
  }

  public Observation with(SortedMap<String, Observation> observedInOthers) {
    return new Observation(connections, statistics, table, rules, observedInOthers);
  }

  /** Takes each namespace's, the own one first, whose name is empty. */
  public void forEach(BiConsumer<String, Observation> taker) {
    taker.accept("", this);
    others.forEach(taker);
  }
}
