package io.conntrack.aggregator;

/**
 * What a resync found to repair.
 *
 * @param added flows that were unknown until the dump showed them
 * @param changed known flows whose state or endpoint the dump corrected
 * @param removed flows that neither the dump nor an event showed, so that they are gone
 * @param untracked flows of the dump that the full table had no room for
 * @param roomForUntracked whether there is room for them now, since the sweep made it, so that
 *     another epoch would find them a place
 * @param clean whether the table is now as the kernel's, but for what is untracked; if not, nothing
 *     was removed, and another epoch must follow
 */
public record EpochResult(
    long added,
    long changed,
    long removed,
    long untracked,
    boolean roomForUntracked,
    boolean clean) {}
