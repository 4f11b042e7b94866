/**
 * The counts of one moment, for other threads.
 *
 * <p>Comes in: counts that {@code ShownEndpoints} copied. Goes out: an immutable {@link
 * io.conntrack.aggregator.snapshot.Snapshot}. Threads: the reader makes it, any may read it. {@link
 * io.conntrack.aggregator.snapshot.SnapshotExchange} is the one publication between threads.
 */
package io.conntrack.aggregator.snapshot;
