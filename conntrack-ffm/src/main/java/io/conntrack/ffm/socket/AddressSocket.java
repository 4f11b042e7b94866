package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.ENOBUFS;
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
 * The addresses of the interfaces of a network namespace, both families, and word of their change:
 * rtnetlink(7).
 *
 * <p>Belongs to the thread that opened it. Never blocks.
 */
public final class AddressSocket implements Poller.Source, AutoCloseable {
  private static final int REQUEST_BYTES = Netlink.HEADER_BYTES + (int) ifaddrmsg.sizeof();
  private static final int SEQUENCE = 1;

  /**
   * A dump that addresses come and go under is interrupted, and asked for anew. Where they come and
   * go faster than it takes, as when a load balancer sets up thousands, the last one is taken as it
   * is: what interrupted it has sent word, so that all are read again.
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
    int groups = RTMGRP_IPV4_IFADDR() | RTMGRP_IPV6_IFADDR();
    return new AddressSocket(
        namespace, buffers, NetlinkSocket.open(namespace, NETLINK_ROUTE(), groups));
  }

  /** Whether an address came or went since the last call; lost word of a change counts as one. */
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
   * Reads all addresses: high and low half of each in turn, IPv4 as ::ffff:a.b.c.d, as numbers in
   * host order.
   */
  public long[] read() throws ConntrackException {
    int errno = EINTR();
    for (int i = 1; i <= ATTEMPTS && errno == EINTR(); i++) {
      try (NetlinkSocket socket = NetlinkSocket.open(namespace, NETLINK_ROUTE(), 0)) {
        send(socket);
        errno = receiveAll(socket, i == ATTEMPTS);
      }
    }
    if (errno != 0) {
      throw SystemCalls.failed("The dump of local addresses", errno);
    }
    return walk.halves();
  }

  private static void send(NetlinkSocket socket) throws ConntrackException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
      nlmsghdr.nlmsg_len(request, REQUEST_BYTES);
      nlmsghdr.nlmsg_type(request, (short) RTM_GETADDR());
      nlmsghdr.nlmsg_flags(request, (short) (NLM_F_REQUEST() | NLM_F_DUMP()));
      nlmsghdr.nlmsg_seq(request, SEQUENCE);
      socket.send(request);
    }
  }

  /** Returns 0 when the dump was complete, or an errno. The kernel answers as it is asked. */
  private int receiveAll(NetlinkSocket socket, boolean asItIs) {
    walk.begin();
    while (!walk.isDone()) {
      int received = datagram.receive(socket.descriptor());
      if (received < 0) {
        return -received;
      }
      if (asItIs) {
        Netlink.clearInterrupted(datagram.messages(), datagram.lengthBytes(0));
      }
      int errno = walk.run(datagram.lengthBytes(0), SEQUENCE, socket.portId());
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
