package io.conntrack.exporter;

import io.conntrack.aggregator.Snapshot;
import java.util.Optional;

/**
 * One consistent state of everything, made by the reader at one instant: what a scrape shows.
 * Immutable.
 */
record Observation(
    Snapshot connections,
    ReaderStatistics statistics,
    KernelTable table,
    Optional<RulesStatus> rules) {}
