/**
 * How the families of endpoints are laid out and written, in the three formats of Prometheus.
 *
 * <p>Comes in: one observation. Goes out: its endpoints as rows, and a document that writes them
 * while it is sent. Threads: that of the HTTP request; rows are immutable and may be shared. A
 * family is declared in {@code ConnectionFamily} or {@code HistogramFamily}. Begin with {@link
 * io.conntrack.exporter.format.EndpointRows}, then {@code TextSeriesWriter}.
 */
package io.conntrack.exporter.format;
