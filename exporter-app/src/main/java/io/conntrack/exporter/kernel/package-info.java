/**
 * What the daemon opens and asks of one network namespace.
 *
 * <p>Comes in: the configuration. Goes out: the open sockets of a namespace ({@link
 * io.conntrack.exporter.kernel.KernelSources}), its local addresses, and its table's own counters
 * ({@link io.conntrack.exporter.kernel.KernelTable}). Threads: the reader alone. How a socket works
 * is told in the module {@code io.conntrack.ffm}.
 */
package io.conntrack.exporter.kernel;
