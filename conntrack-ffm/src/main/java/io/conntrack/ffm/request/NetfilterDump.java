package io.conntrack.ffm.request;

import static io.conntrack.ffm.generated.Netfilter.AF_UNSPEC;
import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.NETLINK_NETFILTER;
import static io.conntrack.ffm.generated.Netfilter.NFNETLINK_V0;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_DUMP;
import static io.conntrack.ffm.generated.Netfilter.NLM_F_REQUEST;

import io.conntrack.ffm.generated.nfgenmsg;
import io.conntrack.ffm.generated.nlmsghdr;
import io.conntrack.ffm.message.MessageWalk;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.socket.DatagramBatch;
import io.conntrack.ffm.socket.NetlinkSocket;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * One dump of something that netfilter has, read to its end on the calling thread. A request for a
 * dump changes nothing, but the kernel loads the module that answers it, if that is not there yet.
 */
final class NetfilterDump implements MessageWalk.Visitor {
  /** Where the attributes of a message begin. */
  static final int ATTRIBUTES = Netlink.HEADER_BYTES + (int) nfgenmsg.sizeof();

  /** The most that the kernel puts into one portion (netlink_dump). */
  private static final int DATAGRAM_BYTES = 32768;

  private static final int SEQUENCE = 1;

  /** What others change during a dump interrupts it. */
  private static final int ATTEMPTS = 3;

  private final MessageWalk.Visitor visitor;
  private boolean done;
  private int refusal;

  private NetfilterDump(MessageWalk.Visitor visitor) {
    this.visitor = visitor;
  }

  /** What to send for a dump of both families, in the arena. */
  static MemorySegment request(Arena arena, int subsystem, int type) {
    MemorySegment request = arena.allocate(ATTRIBUTES, Long.BYTES);
    nlmsghdr.nlmsg_len(request, ATTRIBUTES);
    nlmsghdr.nlmsg_type(request, (short) type(subsystem, type));
    nlmsghdr.nlmsg_flags(request, (short) (NLM_F_REQUEST() | NLM_F_DUMP()));
    nlmsghdr.nlmsg_seq(request, SEQUENCE);
    MemorySegment netfilter = request.asSlice(Netlink.HEADER_BYTES);
    nfgenmsg.nfgen_family(netfilter, (byte) AF_UNSPEC());
    nfgenmsg.version(netfilter, (byte) NFNETLINK_V0());
    return request;
  }

  /** The type of netlink message that stands for a type of the subsystem's own. */
  static int type(int subsystem, int type) {
    return subsystem << 8 | type;
  }

  /** Reads one into a visitor, which each attempt gets anew. The name is for the error. */
  static <V extends MessageWalk.Visitor> V read(
      String name, int subsystem, int type, Supplier<V> visitors) throws ConntrackException {
    Libraries.require();
    int errno = EINTR();
    V visitor = visitors.get();
    for (int i = 0; i < ATTEMPTS && errno == EINTR(); i++) {
      visitor = visitors.get();
      errno = new NetfilterDump(visitor).read(subsystem, type);
    }
    if (errno != 0) {
      throw SystemCalls.failed(name, errno);
    }
    return visitor;
  }

  /** Returns 0 when the dump was complete, or an errno. The kernel answers as it is asked. */
  private int read(int subsystem, int type) throws ConntrackException {
    try (Arena arena = Arena.ofConfined();
        NetlinkSocket socket = NetlinkSocket.open(NetworkNamespace.OWN, NETLINK_NETFILTER(), 0)) {
      DatagramBatch datagram = new DatagramBatch(arena, 1, DATAGRAM_BYTES);
      MessageWalk walk = new MessageWalk(arena, datagram.messages(), this);
      socket.send(request(arena, subsystem, type));
      int errno = 0;
      while (!done && errno == 0) {
        int received = datagram.receive(socket.descriptor());
        errno = received < 0 ? -received : walk(walk, datagram, socket.portId());
      }
      return errno;
    }
  }

  private int walk(MessageWalk walk, DatagramBatch datagram, int portId) throws ConntrackException {
    if (!datagram.isWhole(0)) {
      throw new ConntrackException("A part of a dump from netfilter was cut off");
    }
    int errno = walk.run(datagram.lengthBytes(0), SEQUENCE, portId);
    return errno == 0 ? refusal : errno;
  }

  @Override
  public boolean visit(MemorySegment messages, long message) {
    if (!Netlink.endsAnswer(messages, message)) {
      return visitor.visit(messages, message);
    }
    refusal = Netlink.refusal(messages, message);
    done = true;
    return false;
  }
}
