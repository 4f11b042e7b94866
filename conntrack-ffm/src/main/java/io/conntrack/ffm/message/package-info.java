/**
 * Messages of netlink: how they are walked, checked and decoded.
 *
 * <p>Comes in: bytes of the kernel, which are checked like any other input. Goes out: a {@link
 * io.conntrack.ffm.message.FlowRecord} in a {@link io.conntrack.ffm.message.FlowBatch} for each
 * flow, without an object. Threads: the one that received the bytes. {@code Netlink}, {@code
 * MessageWalk}, {@code FlowMessages} and {@code FlowWalk} are public for the other rooms of this
 * module alone. Begin with {@link io.conntrack.ffm.message.FlowRecord}, then {@code WireDecoder}.
 */
package io.conntrack.ffm.message;
