package io.conntrack.exporter.web;

/**
 * The state of the file of {@code --web.config.file}, and of the files that it names. Immutable.
 *
 * @param lastReadGood whether all were good when they were last read, and are in force
 * @param lastGoodUnixMs when they were last read and good
 */
public record WebStatus(boolean lastReadGood, long lastGoodUnixMs) {}
