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
 * One consistent state of everything: what a scrape shows. The reader makes it at one instant.
 * Immutable.
 *
 * @param connections of the own network namespace, like the statistics and the table
 * @param others what was observed in other network namespaces, by their names; they have no others
 * @param namespaces how many of these there are; empty unless any are asked for
 */
public record Observation(
    Snapshot connections,
    ReaderStatistics statistics,
    KernelTable table,
    Optional<RulesStatus> rules,
    SortedMap<String, Observation> others,
    Optional<NamespaceCounts> namespaces) {
  public Observation {
    others = Collections.unmodifiableSortedMap(others);
  }

  /** Of one namespace alone. */
  public Observation(
      Snapshot connections,
      ReaderStatistics statistics,
      KernelTable table,
      Optional<RulesStatus> rules) {
    this(connections, statistics, table, rules, new TreeMap<>(), Optional.empty());
  }

  public Observation with(SortedMap<String, Observation> observedInOthers) {
    return with(observedInOthers, namespaces);
  }

  Observation with(
      SortedMap<String, Observation> observedInOthers, Optional<NamespaceCounts> counts) {
    return new Observation(connections, statistics, table, rules, observedInOthers, counts);
  }

  /** Whether the kernel's table is known to be empty, of every protocol, in all namespaces. */
  public boolean tracksNothing() {
    return table.entries().orElse(1) == 0
        && others.values().stream().allMatch(Observation::tracksNothing);
  }

  /** Of one network namespace; the own one's name is empty. Null if there is none. */
  public Observation namespace(String name) {
    return name.isEmpty() ? this : others.get(name);
  }

  /** Takes each namespace's, the own one first, whose name is empty. */
  public void forEach(BiConsumer<String, Observation> taker) {
    taker.accept("", this);
    others.forEach(taker);
  }
}
