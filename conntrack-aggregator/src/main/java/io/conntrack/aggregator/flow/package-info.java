/**
 * One flow, and the table of all flows.
 *
 * <p>Comes in: what a message tells of a flow, as a {@link io.conntrack.aggregator.flow.Flow} that
 * is used again. Goes out: its entry of 16 bytes off the heap, found by a hash of its key. Threads:
 * the reader alone. Begin with {@link io.conntrack.aggregator.flow.FlowTable}.
 */
package io.conntrack.aggregator.flow;
