/**
 * Sockets of netlink: events of connections and of addresses, and the filter in the kernel.
 *
 * <p>Comes in: what the kernel sends, many datagrams with one system call. Goes out: batches of
 * flow records, overruns, and lost events by their number. Threads: the reader alone, but a socket
 * is made on a thread inside its network namespace. {@code NetlinkSocket} and {@code DatagramBatch}
 * are public for the next room alone. Begin with {@link io.conntrack.ffm.socket.EventSocket}.
 */
package io.conntrack.ffm.socket;
