/**
 * The exporter's own log, on standard error.
 *
 * <p>Comes in: entries of the logging library, from any thread. Goes out: lines, by one thread that
 * alone waits for whoever reads them. When nobody does, lines are dropped and counted, and nobody
 * else is held up. Begin with {@link io.conntrack.exporter.log.LogQueue}.
 */
package io.conntrack.exporter.log;
