package io.conntrack.exporter.names;

/**
 * The state of the files of {@code --names}. Immutable.
 *
 * @param names how many are in force
 * @param lastReadGood whether all files were good when they were last read
 * @param lastGoodUnixMs when they last were
 */
public record NamesStatus(int names, boolean lastReadGood, long lastGoodUnixMs) {}
