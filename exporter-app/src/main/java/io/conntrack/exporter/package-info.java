/**
 * The daemon. This room wires the others, and is the only one that knows all of them.
 *
 * <p>The way of the data is {@code kernel}, {@code reading}, {@code exposition}, {@code http}.
 * Beside it stand {@code options}, {@code rules}, {@code eventlog} and {@code doctor}; all use
 * {@code terms}. {@code RoomsTest} holds the arrows between them. What is public in a room is for
 * the other rooms: the module exports no package. Begin with {@link io.conntrack.exporter.Main}.
 */
package io.conntrack.exporter;
