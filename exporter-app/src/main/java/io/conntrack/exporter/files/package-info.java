/**
 * Files that the operator writes and changes while the exporter runs.
 *
 * <p>Comes in: files, which may be wrong in any way. Goes out: their text, YAML with the place of
 * each piece, and errors with line and column. Threads: {@code FileWatch} has one for each kind of
 * file. Begin with {@link io.conntrack.exporter.files.FileWatch}.
 */
package io.conntrack.exporter.files;
