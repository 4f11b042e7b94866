/**
 * What a person watches: the endpoints of now, or the sources, with rates.
 *
 * <p>Comes in: observations that are asked for every two seconds while somebody looks. Goes out:
 * the page and its data, as text. Threads: any; those who look at the same time share one
 * observation. Nothing is kept when nobody looks. Begin with {@link
 * io.conntrack.exporter.live.LiveTable}.
 */
package io.conntrack.exporter.live;
