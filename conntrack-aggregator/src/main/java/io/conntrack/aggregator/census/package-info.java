/**
 * What the entries of one dump tell together: how many flows are in which state, which are never
 * answered, which ports are used up.
 *
 * <p>Comes in: flows of a dump, each once. Goes out: counts, when the dump is complete. Threads:
 * the reader alone. Begin with {@link io.conntrack.aggregator.census.StateCounter}.
 */
package io.conntrack.aggregator.census;
