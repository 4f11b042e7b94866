package io.conntrack.exporter.live;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.exporter.kernel.KernelTable;
import io.conntrack.exporter.kernel.TrackingHints;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ReaderStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Whether the numbers of one network namespace can be trusted, and how full its tables are.
 *
 * @param netns empty for the own namespace
 * @param inSync whether no event was lost since the last resync
 * @param lostEvents since the start
 * @param tableEntries of the kernel's table, if the kernel tells
 * @param tableLimit of the kernel's table, if there is one
 * @param connections that are counted
 * @param endpoints of the budget
 * @param problem one or more sentences, or empty
 */
record LiveHealth(
    String netns,
    boolean inSync,
    double resyncAgeSeconds,
    long lostEvents,
    OptionalLong tableEntries,
    OptionalLong tableLimit,
    long connections,
    int endpoints,
    int endpointsLimit,
    String problem) {
  private static final double NS_PER_SECOND = 1e9;
  private static final double NEARLY_FULL = 0.9;

  static LiveHealth of(LiveNamespace namespace) {
    Observation observation = namespace.observation();
    ReaderStatistics statistics = observation.statistics();
    Snapshot now = namespace.now();
    KernelTable table = observation.table();
    return new LiveHealth(
        namespace.name(),
        statistics.health().inSync(),
        statistics.health().nsSinceResync() / NS_PER_SECOND,
        statistics.events().lost(),
        table.entries(),
        table.limit().orElse(0) == 0 ? OptionalLong.empty() : table.limit(),
        now.countedFlows(),
        now.endpointsInUse(),
        statistics.endpoints().limit(),
        problem(namespace));
  }

  /** In a few words, as the page's script says it too. */
  String state() {
    if (!inSync) {
      return "not in sync";
    }
    return tableEntries.orElse(1) == 0 ? "nothing is tracked" : "in sync";
  }

  /** What the numbers say, as a person reads it. The page's script writes the same. */
  List<String> facts() {
    List<String> facts = new ArrayList<>();
    facts.add("last resync %.0f s ago".formatted(resyncAgeSeconds));
    facts.add(Words.count(lostEvents) + " lost events");
    facts.add(Words.count(connections) + " connections");
    facts.add(Words.count(endpoints) + " of " + Words.count(endpointsLimit) + " endpoints");
    tableEntries.ifPresent(entries ->
        facts.add(
            "kernel's table: "
                + Words.count(entries)
                + (tableLimit.isPresent() ? " of " + Words.count(tableLimit.getAsLong()) : "")));
    return facts;
  }

  private static String problem(LiveNamespace namespace) {
    Observation observation = namespace.observation();
    KernelTable table = observation.table();
    if (table.entries().orElse(1) == 0) {
      return namespace.name().isEmpty()
          ? TrackingHints.whyEmpty()
          : "The kernel tracks no connection in this network namespace.";
    }
    if (!observation.statistics().health().inSync()) {
      return "The kernel dropped events. A resync will correct the numbers.";
    }
    double share = (double) table.entries().orElse(0) / Math.max(1, table.limit().orElse(0));
    return table.limit().orElse(0) > 0 && share > NEARLY_FULL
        ? String.format(
            Locale.ROOT,
            "The kernel's table is %.0f %% full. A full table drops new connections.",
            100 * share)
        : "";
  }
}
