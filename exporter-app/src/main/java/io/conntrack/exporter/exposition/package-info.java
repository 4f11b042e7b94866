/**
 * The metric families, and their bytes in the three formats of Prometheus.
 *
 * <p>Comes in: one observation. Goes out: a document of one scrape. Threads: that of the HTTP
 * request; nothing is shared. A family of the exporter is made in a collector, a family of
 * endpoints in {@code ConnectionFamily} or {@code HistogramFamily}; the writers stream the rows of
 * endpoints. Begin with {@link io.conntrack.exporter.exposition.Exposition}.
 */
package io.conntrack.exporter.exposition;
