package io.conntrack.ffm;

import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_DROPS;
import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_RCVBUF;
import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_VARS;
import static io.conntrack.ffm.generated.Netfilter.SOCK_CLOEXEC;
import static io.conntrack.ffm.generated.Netfilter.SOCK_NONBLOCK;
import static io.conntrack.ffm.generated.Netfilter.SO_MEMINFO;
import static io.conntrack.ffm.generated.Netfilter.SO_RCVBUF;
import static io.conntrack.ffm.generated.Netfilter.SO_RCVBUFFORCE;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A netlink socket of libmnl that never blocks. Belongs to the thread that opened it: in the
 * arena's scope every call checks the thread and that the socket is open.
 */
final class NetlinkSocket implements AutoCloseable {
  private static final String CALL = "Netlink socket (bus=%d, groups=0x%x): %s";

  private final Arena arena;
  private final String name;
  private final MemorySegment errno;
  private final MemorySegment socket;
  private final MemorySegment memoryInfo;
  private final MemorySegment memoryInfoBytes;
  private int drops;

  private NetlinkSocket(Arena arena, MemorySegment errno, MemorySegment socket, String name) {
    this.arena = arena;
    this.errno = errno;
    this.socket = socket;
    this.name = name;
    this.memoryInfo = arena.allocate(ValueLayout.JAVA_INT, SK_MEMINFO_VARS());
    this.memoryInfoBytes = arena.allocate(ValueLayout.JAVA_INT);
  }

  /** Opens and binds; {@code groups} is a bit mask of the multicast groups to hear. */
  @SuppressWarnings("MustBeClosedChecker") // closed here when opening fails, by close() otherwise
  static NetlinkSocket open(int bus, int groups) throws ConntrackException {
    Libraries.require();
    Arena arena = Arena.ofConfined();
    try {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      MemorySegment socket = SystemCalls.open(errno, bus, SOCK_CLOEXEC() | SOCK_NONBLOCK());
      if (socket.equals(MemorySegment.NULL)) {
        throw SystemCalls.failed(CALL.formatted(bus, groups, "open"), SystemCalls.errno(errno));
      }
      socket = socket.reinterpret(arena, Netfilter::mnl_socket_close);
      if (SystemCalls.bind(errno, socket, groups) < 0) {
        throw SystemCalls.failed(CALL.formatted(bus, groups, "bind"), SystemCalls.errno(errno));
      }
      return new NetlinkSocket(arena, errno, socket, CALL.formatted(bus, groups, "%s"));
    } catch (Throwable t) {
      arena.close();
      throw t;
    }
  }

  int descriptor() {
    return Netfilter.mnl_socket_get_fd(socket);
  }

  int portId() {
    return Netfilter.mnl_socket_get_portid(socket);
  }

  void send(MemorySegment request) throws ConntrackException {
    if (SystemCalls.send(errno, socket, request) < 0) {
      throw failed("send");
    }
  }

  /**
   * Asks for a receive buffer and returns what was obtained, in bytes as the kernel accounts them
   * (it doubles what it is asked for). Without CAP_NET_ADMIN the kernel caps it at
   * net.core.rmem_max.
   */
  long receiveBuffer(int bytes) throws ConntrackException {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment size = scratch.allocateFrom(ValueLayout.JAVA_INT, bytes);
      if (SystemCalls.setOption(errno, descriptor(), SO_RCVBUFFORCE(), size) < 0
          && SystemCalls.setOption(errno, descriptor(), SO_RCVBUF(), size) < 0) {
        throw failed("setsockopt(SO_RCVBUF=" + bytes + ")");
      }
    }
    return Integer.toUnsignedLong(memoryInfo(SK_MEMINFO_RCVBUF()));
  }

  /**
   * How many datagrams the kernel has dropped since the last call, since nothing had room for them.
   */
  long takeDrops() throws ConntrackException {
    int now = memoryInfo(SK_MEMINFO_DROPS());
    long since = Integer.toUnsignedLong(now - drops); // the kernel's counter wraps at 32 bits
    drops = now;
    return since;
  }

  private int memoryInfo(int word) throws ConntrackException {
    memoryInfoBytes.set(ValueLayout.JAVA_INT, 0, (int) memoryInfo.byteSize());
    int result =
        SystemCalls.getOption(errno, descriptor(), SO_MEMINFO(), memoryInfo, memoryInfoBytes);
    if (result < 0) {
      throw failed("getsockopt(SO_MEMINFO)");
    }
    return memoryInfo.getAtIndex(ValueLayout.JAVA_INT, word);
  }

  private ConntrackException failed(String call) {
    return SystemCalls.failed(name.formatted(call), SystemCalls.errno(errno));
  }

  @Override
  public void close() {
    arena.close();
  }
}
