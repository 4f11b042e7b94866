package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.BPF_JEQ;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_DUMP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_REQUEST;
import static io.conntrack.ffm.generated.Netfilter.RTM_NEWADDR;

import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.Netlink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A message of rtnetlink that tells of a route or asks for routes: struct rtmsg of
 * linux/rtnetlink.h behind the header, then attributes.
 *
 * <pre>
 *  offset  size  field
 *      16     1  family             AF_INET, AF_INET6
 *      17     1  destinationBits    how much of RTA_DST counts; 0: a default route, without RTA_DST
 *      18     2  of no interest
 *      20     1  table
 *      21     2  of no interest
 *      23     1  type               RTN_*
 *      24     4  flags
 * </pre>
 *
 * <p>A place, not an object. The kernel keeps what it answers for as routes: {@link #LOCAL} for
 * each address of an interface, and for networks that somebody has declared to be this host's
 * (AnyIP), {@link #BROADCAST} and {@link #ANYCAST}.
 */
public final class RouteMessage {
  /** RTM_NEWROUTE, RTM_DELROUTE and RTM_GETROUTE. */
  static final int NEW = 24;

  static final int DELETE = 25;
  public static final int GET = 26;

  /** RTN_LOCAL, RTN_BROADCAST and RTN_ANYCAST, all of which the kernel delivers to this host. */
  static final int LOCAL = 2;

  static final int BROADCAST = 3;
  static final int ANYCAST = 4;

  /** RTMGRP_LINK, RTMGRP_IPV4_ROUTE and RTMGRP_IPV6_ROUTE: see {@link #changes}. */
  public static final int GROUPS = 0x1 | 0x40 | 0x400;

  /** RTA_DST. */
  static final int DESTINATION = 1;

  static final int ATTRIBUTES = Netlink.HEADER_BYTES + 12;
  static final int DESTINATION_BITS = Netlink.HEADER_BYTES + 1;
  static final int TYPE = Netlink.HEADER_BYTES + 7;

  private static final int RTM_DELLINK = 17;
  private static final int RTM_DELADDR = 21;

  private RouteMessage() {}

  /** Asks for the routes of one type, in all tables, so that those of VRFs are among them. */
  static MemorySegment dump(Arena arena, int family, int type, int sequence) {
    MemorySegment request = arena.allocate(ATTRIBUTES, Long.BYTES);
    nlmsghdr.nlmsg_len(request, ATTRIBUTES);
    nlmsghdr.nlmsg_type(request, (short) GET);
    nlmsghdr.nlmsg_flags(request, (short) (NLM_F_REQUEST() | NLM_F_DUMP()));
    nlmsghdr.nlmsg_seq(request, sequence);
    request.set(ValueLayout.JAVA_BYTE, Netlink.HEADER_BYTES, (byte) family);
    request.set(ValueLayout.JAVA_BYTE, TYPE, (byte) type);
    return request;
  }

  /** Whether the kernel delivers to this host what is sent along such a route. */
  static boolean isOwn(int type) {
    return type == LOCAL || type == BROADCAST || type == ANYCAST;
  }

  /**
   * The filter of a socket that hears of changes: it takes those that can change which addresses
   * are this host's, and no other. A router with all routes of the Internet hears of thousands a
   * second. An interface that is gone is one, since the kernel drops its routes of IPv4 without a
   * word (fib_flush).
   */
  static MemorySegment changes(Arena arena) {
    FilterProgram program = new FilterProgram();
    int route = program.label();
    program.loadByte(EventFilter.TYPE_LOW_BYTE);
    for (int type : new int[] {RTM_NEWADDR(), RTM_DELADDR, RTM_DELLINK}) {
      program.jump(BPF_JEQ(), type, FilterProgram.ACCEPT, FilterProgram.NEXT);
    }
    program.jump(BPF_JEQ(), NEW, route, FilterProgram.NEXT);
    program.jump(BPF_JEQ(), DELETE, route, FilterProgram.DROP);
    program.place(route);
    program.loadByte(TYPE);
    program.jump(BPF_JEQ(), LOCAL, FilterProgram.ACCEPT, FilterProgram.NEXT);
    program.jump(BPF_JEQ(), BROADCAST, FilterProgram.ACCEPT, FilterProgram.NEXT);
    program.jump(BPF_JEQ(), ANYCAST, FilterProgram.ACCEPT, FilterProgram.DROP);
    return program.allocate(arena);
  }
}
