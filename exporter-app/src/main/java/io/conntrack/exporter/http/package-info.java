/**
 * The HTTP server and its pages.
 *
 * <p>Comes in: requests, which may be hostile. Goes out: answers of bounded size in bounded time.
 * Threads: a bounded pool of the server. A page waits at most two seconds for the reader, and the
 * reader never waits for a page. Begin with {@link io.conntrack.exporter.http.MetricsServer}, then
 * {@code Router} and {@code Pages}.
 */
package io.conntrack.exporter.http;
