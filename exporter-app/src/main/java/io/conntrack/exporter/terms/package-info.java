/**
 * The words that all rooms use: protocols, patterns of hosts and namespaces, the clock, the two
 * exceptions that end the program, and what the build wrote.
 *
 * <p>Comes in: text from options, files and /proc. Goes out: immutable values. Threads: any. This
 * room uses no other one. Begin with {@link io.conntrack.exporter.terms.Protocols}.
 */
package io.conntrack.exporter.terms;
