/**
 * {@code conntrack-exporter top}: the endpoints of now in a terminal.
 *
 * <p>Comes in: the data of the page as JSON, of an exporter over HTTP or of a reading of this
 * process; keys. Goes out: a screen, a table as text, or the data. Threads: the main thread draws
 * and takes keys, and a virtual thread waits for the data. A signal closes the screen from a thread
 * of its own. Begin with {@link io.conntrack.exporter.top.Top}.
 */
package io.conntrack.exporter.top;
