/**
 * The C libraries, system calls, and what the kernel offers beside netlink.
 *
 * <p>Comes in: calls with memory of their caller's arena. Goes out: results, and what was refused
 * as a {@link io.conntrack.ffm.system.ConntrackException} with its remedy. Threads: any, each with
 * its own errno; a {@link io.conntrack.ffm.system.Poller} is its maker's. {@code SystemCalls} is
 * public for the other rooms of this module alone. Begin with {@link
 * io.conntrack.ffm.system.Libraries}, then {@code SystemCalls}.
 */
package io.conntrack.ffm.system;
