/**
 * The log of connection events, for {@code --log-events} only.
 *
 * <p>Comes in: raw netlink messages and their endpoints, from the reader. Goes out: lines on
 * standard output, in netfilter's format or as JSON. Threads: the reader writes into {@code
 * EventRing} and never waits; a thread of its own formats and prints. Begin with {@link
 * io.conntrack.exporter.eventlog.EventLog}.
 */
package io.conntrack.exporter.eventlog;
