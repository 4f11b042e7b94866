/**
 * How an endpoint lies in memory.
 *
 * <p>Comes in: keys. Goes out: the place of an endpoint's record, which endpoints are empty, and
 * what a snapshot shows of each. All of it is off the heap. Threads: the reader alone. Begin with
 * {@link io.conntrack.aggregator.endpoint.EndpointStore}; {@code EndpointRecord} draws the layout.
 */
package io.conntrack.aggregator.endpoint;
