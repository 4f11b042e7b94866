package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.AF_INET;
import static io.conntrack.ffm.generated.Netfilter.AF_INET6;
import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.ENOBUFS;
import static io.conntrack.ffm.generated.Netfilter.EOPNOTSUPP;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_ROUTE;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_DUMP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_REQUEST;
import static io.conntrack.ffm.generated.Netfilter.RTMGRP_IPV4_IFADDR;
import static io.conntrack.ffm.generated.Netfilter.RTMGRP_IPV6_IFADDR;
import static io.conntrack.ffm.generated.Netfilter.RTM_GETADDR;

import io.conntrack.ffm.generated.ifaddrmsg;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a network namespace answers for, in both families, and word of changes (rtnetlink(7)). It
 * answers for the addresses of its interfaces, also of those that are down, and for what the
 * kernel's routes say is local, broadcast or anycast.
 *
 * <p>Belongs to the thread that opened it. Never blocks.
 */
public final class AddressSocket implements Poller.Source, AutoCloseable {
  private static final int REQUEST_BYTES = Netlink.HEADER_BYTES + (int) ifaddrmsg.sizeof();

  /** IPv6 has no broadcast, and IPv4 no anycast. */
  private static final int[][] ROUTES = {
    {AF_INET(), RouteMessage.LOCAL},
    {AF_INET(), RouteMessage.BROADCAST},
    {AF_INET6(), RouteMessage.LOCAL},
    {AF_INET6(), RouteMessage.ANYCAST}
  };

  /**
   * If addresses change during a dump, the dump is interrupted and asked for again. If they change
   * faster than a dump takes, as when a load balancer sets up thousands, the last dump is taken as
   * it is. The change that interrupted it has sent word, so all are read again later.
   */
  private static final int ATTEMPTS = 3;

  private final NetworkNamespace namespace;
  private final NetlinkSocket changes;
  private final DatagramBatch datagram;
  private final AddressWalk walk;

  private AddressSocket(NetworkNamespace namespace, ReceiveBuffers buffers, NetlinkSocket changes) {
    this.namespace = namespace;
    this.changes = changes;
    this.datagram = buffers.addresses;
    this.walk = buffers.addressWalk;
  }

  /** Subscribes to changes, so that no change after this is missed. Needs no capability. */
  public static AddressSocket open(NetworkNamespace namespace, ReceiveBuffers buffers)
      throws ConntrackException {
    int groups = RTMGRP_IPV4_IFADDR() | RTMGRP_IPV6_IFADDR() | RouteMessage.GROUPS;
    NetlinkSocket changes =
        NetlinkSocket.open(
            namespace,
            NETLINK_ROUTE(),
            groups,
            NetlinkSocket.DEFAULT_BUFFER,
            RouteMessage::changes);
    return new AddressSocket(namespace, buffers, changes);
  }

  /** Whether something came or went since the last call; lost word of a change counts as one. */
  public boolean takeChanged() throws ConntrackException {
    boolean changed = false;
    int received = datagram.receive(changes.descriptor());
    while (!SystemCalls.isAgain(-received)) {
      boolean lostOrInterrupted = received == -ENOBUFS() || received == -EINTR();
      if (received < 0 && !lostOrInterrupted) {
        throw SystemCalls.failed("recvmmsg(changes of addresses)", -received);
      }
      changed = true;
      received = datagram.receive(changes.descriptor());
    }
    return changed;
  }

  /**
   * Reads all: of each network its first address' high and low half, IPv4 as ::ffff:a.b.c.d, as
   * numbers in host order, and how many of its 128 bits count, 128 for a single address. One may
   * come more than once. Takes a tenth of a second for each 1,000,000 routes that the namespace
   * has, of whatever type, and for each 100,000 that are read.
   */
  public long[] read() throws ConntrackException {
    int errno = EINTR();
    for (int i = 1; i <= ATTEMPTS && errno == EINTR(); i++) {
      try (Arena arena = Arena.ofConfined();
          NetlinkSocket socket = NetlinkSocket.open(namespace, NETLINK_ROUTE(), 0)) {
        errno = readAll(arena, socket, i == ATTEMPTS);
      }
    }
    if (errno != 0) {
      throw SystemCalls.failed("The dump of local addresses and routes", errno);
    }
    return walk.takeNetworks();
  }

  /** Returns 0 when all dumps were complete, or an errno. */
  private int readAll(Arena arena, NetlinkSocket socket, boolean asItIs) throws ConntrackException {
    walk.begin();
    int sequence = 1;
    socket.send(addresses(arena, sequence));
    int errno = receiveAll(socket, sequence, asItIs);
    socket.filterDumps();
    for (int[] route : ROUTES) {
      if (errno == 0) {
        sequence++;
        socket.send(RouteMessage.dump(arena, route[0], route[1], sequence));
        errno = receiveAll(socket, sequence, asItIs);
        errno = errno == EOPNOTSUPP() ? 0 : errno; // a kernel without IPv6
      }
    }
    return errno;
  }

  private static MemorySegment addresses(Arena arena, int sequence) {
    MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
    nlmsghdr.nlmsg_len(request, REQUEST_BYTES);
    nlmsghdr.nlmsg_type(request, (short) RTM_GETADDR());
    nlmsghdr.nlmsg_flags(request, (short) (NLM_F_REQUEST() | NLM_F_DUMP()));
    nlmsghdr.nlmsg_seq(request, sequence);
    return request;
  }

  /** Returns 0 when the dump was complete, or an errno. The kernel answers as it is asked. */
  private int receiveAll(NetlinkSocket socket, int sequence, boolean asItIs) {
    walk.expectDump();
    while (!walk.isDone()) {
      int received = datagram.receive(socket.descriptor());
      if (received < 0) {
        return -received;
      }
      if (asItIs) {
        Netlink.clearInterrupted(datagram.messages(), datagram.lengthBytes(0));
      }
      int errno = walk.run(datagram.lengthBytes(0), sequence, socket.portId());
      if (errno != 0) {
        return errno;
      }
    }
    return 0;
  }

  @Override
  public int descriptor() {
    return changes.descriptor();
  }

  @Override
  public void close() {
    changes.close();
  }
}
