package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.AF_UNSPEC;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NFNETLINK_V0;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_DUMP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_REQUEST;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.socket.DatagramBatch;
import io.conntrack.ffm.socket.NetlinkSocket;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Asks the kernel for the statistics of its connection tracking table, as {@code conntrack -C} and
 * {@code conntrack -S} do: those of a network namespace.
 *
 * <p>Belongs to the thread that made it. Never blocks: the kernel has put the beginning of an
 * answer into the socket when the request is sent, and each further portion when the last is taken.
 * Its sockets are its own, so that it disturbs no dump; none that failed is asked again, so that
 * what is left there cannot reach the next reading.
 */
public final class StatisticsQuery implements AutoCloseable {
  /** The most that the kernel puts into one portion (netlink_dump). */
  private static final int DATAGRAM_BYTES = 32768;

  private static final int REQUEST_BYTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();
  private static final int TABLE_SEQUENCE = 1;
  private static final int CPU_SEQUENCE = 2;

  /** Confined: C writes what this thread reads, between two receives. */
  private final Arena arena = Arena.ofConfined();

  private final DatagramBatch datagram = new DatagramBatch(arena, 1, DATAGRAM_BYTES);
  private final StatisticsWalk walk = new StatisticsWalk(arena, datagram.messages());

  /**
   * Sockets of other namespaces, in which opening one is dear. Each has been read to the end of the
   * last answer.
   */
  private final Map<NetworkNamespace, NetlinkSocket> kept = new HashMap<>();

  private final MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);

  public StatisticsQuery() throws ConntrackException {
    Libraries.require();
    nlmsghdr.nlmsg_len(request, REQUEST_BYTES);
    MemorySegment netfilter = request.asSlice(Netlink.HEADER_BYTES);
    nfgenmsg.nfgen_family(netfilter, (byte) AF_UNSPEC());
    nfgenmsg.version(netfilter, (byte) NFNETLINK_V0());
  }

  /** What the kernel tells now: all of it, or the exception says what it refused. */
  public KernelStatistics read(NetworkNamespace namespace) throws ConntrackException {
    ask(
        namespace,
        socket -> {
          ask(socket, StatisticsWalk.TABLE, 0, TABLE_SEQUENCE);
          ask(socket, StatisticsWalk.CPU, NLM_F_DUMP(), CPU_SEQUENCE);
        });
    return walk.statistics();
  }

  /** How many entries a namespace's table has now, expired ones included; empty if untold. */
  public OptionalLong readEntries(NetworkNamespace namespace) throws ConntrackException {
    ask(namespace, socket -> ask(socket, StatisticsWalk.TABLE, 0, TABLE_SEQUENCE));
    return walk.statistics().entries();
  }

  /** What is asked over a socket; all answers are taken from it, or it fails. */
  private interface Questions {
    void ask(NetlinkSocket socket) throws ConntrackException;
  }

  private void ask(NetworkNamespace namespace, Questions questions) throws ConntrackException {
    walk.clear();
    NetlinkSocket socket = kept.remove(namespace);
    if (socket == null) {
      socket = NetlinkSocket.open(namespace, NETLINK_NETFILTER(), 0);
    }
    try {
      questions.ask(socket);
    } catch (Throwable t) {
      socket.close();
      throw t;
    }
    if (namespace.isOwn()) {
      socket.close();
    } else {
      kept.put(namespace, socket);
    }
  }

  /** To be called when a namespace is not asked again, lest it is kept from ending. */
  public void forget(NetworkNamespace namespace) {
    NetlinkSocket socket = kept.remove(namespace);
    if (socket != null) {
      socket.close();
    }
  }

  private void ask(NetlinkSocket socket, int type, int flags, int sequence)
      throws ConntrackException {
    nlmsghdr.nlmsg_type(request, (short) type);
    nlmsghdr.nlmsg_flags(request, (short) (NLM_F_REQUEST() | flags));
    nlmsghdr.nlmsg_seq(request, sequence);
    socket.send(request);
    receive(socket.descriptor(), sequence, socket.portId());
  }

  /** Takes a whole answer. What is not there yet would never come. */
  void receive(int descriptor, int sequence, int portId) throws ConntrackException {
    walk.beginAnswer();
    while (!walk.isDone()) {
      int count = datagram.receive(descriptor);
      if (count < 0) {
        throw notReceived(-count);
      }
      if (!datagram.isWhole(0)) {
        throw cutOff();
      }
      int errno = walk.run(datagram.lengthBytes(0), sequence, portId);
      if (errno != 0) {
        throw SystemCalls.failed("The request for conntrack statistics", errno);
      }
      boolean whole = walk.isDone() || walk.endBytes() == datagram.lengthBytes(0);
      if (walk.isMalformed() || !whole) {
        throw cutOff();
      }
    }
  }

  private static ConntrackException cutOff() {
    return new ConntrackException("An answer with the conntrack statistics was cut off");
  }

  private static ConntrackException notReceived(int errno) {
    return SystemCalls.isAgain(errno)
        ? new ConntrackException("The request for conntrack statistics was not answered")
        : SystemCalls.failed("recvmmsg(conntrack statistics)", errno);
  }

  /** What the last answers told. */
  KernelStatistics statistics() {
    return walk.statistics();
  }

  @Override
  public void close() {
    kept.values().forEach(NetlinkSocket::close);
    kept.clear();
    arena.close();
  }
}
