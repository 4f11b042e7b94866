package io.conntrack.aggregator;

/**
 * What a resync found to repair.
 *
 * @param added flows that were unknown until the dump showed them
 * @param changed known flows whose state or endpoint the dump corrected
 * @param removed flows that neither the dump nor an event showed, so that they are gone
 * @param clean whether the table now equals the kernel's; if not, nothing was removed, and another
 *     epoch must follow
 */
public record EpochResult(long added, long changed, long removed, boolean clean) {}
