/**
 * The reader: it keeps the tables equal to the kernel's.
 *
 * <p>Comes in: events and dumps of each namespace, rules, and requests for an observation. Goes
 * out: an immutable {@link io.conntrack.exporter.reading.Observation}. Threads: one reader thread
 * owns all of it; others may only ask {@link io.conntrack.exporter.reading.ObservationSource}.
 *
 * <p>Begin with {@link io.conntrack.exporter.reading.Reader}, which starts a {@code ReadingRound}
 * over namespaces; each has a {@code ReadingLoop}. {@code ResyncSchedule} says when a resync is
 * due.
 */
package io.conntrack.exporter.reading;
