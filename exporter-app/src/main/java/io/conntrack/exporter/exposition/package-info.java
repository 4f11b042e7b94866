/**
 * The metric families, and the one registry that knows them all.
 *
 * <p>Comes in: one observation. Goes out: a document of one scrape, with the families that it asks
 * for. Threads: those of HTTP requests, one at a time in the registry. A family of the exporter is
 * registered in {@code ExporterFamilies}, one of the kernel's table in {@code KernelTableFamilies}.
 * Begin with {@link io.conntrack.exporter.exposition.Exposition}.
 */
package io.conntrack.exporter.exposition;
