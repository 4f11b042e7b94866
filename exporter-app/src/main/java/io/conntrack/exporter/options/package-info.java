/**
 * The command line and the environment.
 *
 * <p>Comes in: words and variables. Goes out: one immutable {@link
 * io.conntrack.exporter.options.Configuration}, or an error that names the option, the value and
 * the range. Threads: the main thread, at the start. {@code OptionTable} lists the options, {@code
 * Values} reads their values. Begin with {@link io.conntrack.exporter.options.Options}.
 */
package io.conntrack.exporter.options;
