package io.conntrack.exporter.reading;

/**
 * How many network namespaces {@code --netns} leads to. Immutable.
 *
 * @param read those that are read, beside the own one
 * @param refused files that are there and not read; the log says why
 * @param missing patterns that match nothing
 */
public record NamespaceCounts(int read, int refused, int missing) {}
