/**
 * What a connection can be, and what is counted of it: states, outcomes, bytes, times.
 *
 * <p>Comes in: numbers of the kernel. Goes out: enums, and counts as they lie off the heap or
 * packed in a snapshot. Threads: any for the enums; counts belong to the reader. This room uses no
 * other one. Begin with {@link io.conntrack.aggregator.state.ConnectionState}.
 */
package io.conntrack.aggregator.state;
