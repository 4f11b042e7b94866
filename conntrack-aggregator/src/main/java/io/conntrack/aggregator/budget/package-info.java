/**
 * Who gets series of its own when there are more endpoints than room.
 *
 * <p>Comes in: endpoints that were refused, and the weights of those that are in. Goes out: once a
 * minute the few that come in, and those that leave for them. Threads: the reader alone. Begin with
 * {@link io.conntrack.aggregator.budget.EndpointBudget}.
 */
package io.conntrack.aggregator.budget;
