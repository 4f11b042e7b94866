/**
 * Names for addresses, for {@code --names} only.
 *
 * <p>Comes in: files of the operator, and answers of DNS servers. Goes out: the name of an address,
 * to who writes a scrape. Threads: one watches the files, one asks DNS servers; any thread may ask
 * for a name, and never waits. The reader knows nothing of names. Begin with {@link
 * io.conntrack.exporter.names.Names}.
 */
package io.conntrack.exporter.names;
