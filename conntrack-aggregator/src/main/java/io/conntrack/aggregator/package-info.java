/**
 * Counts a host's tracked connections by remote endpoint and state.
 *
 * <p>A {@link io.conntrack.aggregator.FlowTracker} takes what the kernel says of its flows, as
 * events and as entries of dumps, and keeps the counts right through lost events. It belongs to one
 * thread, the reader. Other threads get its {@link io.conntrack.aggregator.snapshot.Snapshot}s
 * through a {@link io.conntrack.aggregator.snapshot.SnapshotExchange}, the one publication between
 * threads.
 */
package io.conntrack.aggregator;
