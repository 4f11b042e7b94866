package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.AF_NETLINK;
import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_DROPS;
import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_RCVBUF;
import static io.conntrack.ffm.generated.Netfilter.SK_MEMINFO_VARS;
import static io.conntrack.ffm.generated.Netfilter.SOCK_CLOEXEC;
import static io.conntrack.ffm.generated.Netfilter.SOCK_NONBLOCK;
import static io.conntrack.ffm.generated.Netfilter.SO_ATTACH_FILTER;
import static io.conntrack.ffm.generated.Netfilter.SO_MEMINFO;
import static io.conntrack.ffm.generated.Netfilter.SO_RCVBUF;
import static io.conntrack.ffm.generated.Netfilter.SO_RCVBUFFORCE;

import io.conntrack.ffm.generated.sockaddr_nl;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.Libraries;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A netlink socket of libmnl that never blocks. Belongs to the thread that opened it, whichever
 * made it inside a namespace: in the arena's scope every call checks the thread and that the socket
 * is open.
 *
 * <p>It is connected to the kernel, which then refuses what any process sends to the socket. Only
 * the kernel can send to its groups, and processes with CAP_NET_ADMIN in its namespace. Those could
 * change connection tracking itself as well.
 */
public final class NetlinkSocket implements AutoCloseable {
  static final int DEFAULT_BUFFER = 0;

  /** SOL_NETLINK of socket.h, NETLINK_GET_STRICT_CHK of linux/netlink.h. */
  private static final int SOL_NETLINK = 270;

  private static final int GET_STRICT_CHECK = 12;
  private static final int ENOPROTOOPT = 92;
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

  /**
   * Opens in a network namespace and binds; {@code groups} is a bit mask of the multicast groups to
   * hear.
   */
  public static NetlinkSocket open(NetworkNamespace namespace, int bus, int groups)
      throws ConntrackException {
    return open(namespace, bus, groups, DEFAULT_BUFFER, EventFilter.ALL);
  }

  /**
   * The same with a receive buffer of so many bytes and a filter, which are there before the first
   * message: until the groups are bound nothing is heard.
   */
  @SuppressWarnings("MustBeClosedChecker") // closed here when opening fails, by close() otherwise
  static NetlinkSocket open(
      NetworkNamespace namespace,
      int bus,
      int groups,
      int receiveBufferBytes,
      FilterProgram.Maker filter)
      throws ConntrackException {
    Libraries.require();
    Arena arena = Arena.ofConfined();
    try {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      MemorySegment pointer = namespace.call(() -> make(bus, groups));
      NetlinkSocket socket =
          new NetlinkSocket(
              arena,
              errno,
              pointer.reinterpret(arena, SystemCalls::closeSocket),
              CALL.formatted(bus, groups, "%s"));
      if (receiveBufferBytes != DEFAULT_BUFFER) {
        socket.receiveBuffer(receiveBufferBytes);
      }
      socket.attach(filter);
      socket.bind(groups);
      socket.connectToKernel();
      return socket;
    } catch (Throwable t) {
      arena.close();
      throw t;
    }
  }

  /** What the socket belongs to from now on is the namespace of the calling thread. */
  private static MemorySegment make(int bus, int groups) throws ConntrackException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = SystemCalls.allocateErrno(arena);
      MemorySegment pointer = SystemCalls.open(errno, bus, SOCK_CLOEXEC() | SOCK_NONBLOCK());
      if (pointer.equals(MemorySegment.NULL)) {
        throw SystemCalls.failed(CALL.formatted(bus, groups, "open"), SystemCalls.errno(errno));
      }
      return pointer;
    }
  }

  private void bind(int groups) throws ConntrackException {
    if (SystemCalls.bind(errno, socket, groups) < 0) {
      throw failed("bind");
    }
  }

  private void connectToKernel() throws ConntrackException {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment kernel = sockaddr_nl.allocate(scratch); // port id 0
      sockaddr_nl.nl_family(kernel, (short) AF_NETLINK());
      if (SystemCalls.connect(errno, descriptor(), kernel) < 0) {
        throw failed("connect");
      }
    }
  }

  public int descriptor() {
    return SystemCalls.descriptor(socket);
  }

  public int portId() {
    return SystemCalls.portId(socket);
  }

  public void send(MemorySegment request) throws ConntrackException {
    if (SystemCalls.send(errno, socket, request) < 0) {
      throw failed("send");
    }
  }

  /** Without CAP_NET_ADMIN the kernel caps what is asked for at net.core.rmem_max. */
  private void receiveBuffer(int bytes) throws ConntrackException {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment size = scratch.allocateFrom(ValueLayout.JAVA_INT, bytes);
      if (SystemCalls.setOption(errno, descriptor(), SO_RCVBUFFORCE(), size) < 0
          && SystemCalls.setOption(errno, descriptor(), SO_RCVBUF(), size) < 0) {
        throw failed("setsockopt(SO_RCVBUF=" + bytes + ")");
      }
    }
  }

  /**
   * Has the kernel look at what a request for a dump asks for, and dump nothing else (Linux 4.20).
   * An older one dumps all.
   */
  void filterDumps() throws ConntrackException {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment on = scratch.allocateFrom(ValueLayout.JAVA_INT, 1);
      if (SystemCalls.setOption(errno, descriptor(), SOL_NETLINK, GET_STRICT_CHECK, on) < 0
          && SystemCalls.errno(errno) != ENOPROTOOPT) {
        throw failed("setsockopt(NETLINK_GET_STRICT_CHK)");
      }
    }
  }

  private void attach(FilterProgram.Maker filter) throws ConntrackException {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment program = filter.program(scratch);
      if (program != null
          && SystemCalls.setOption(errno, descriptor(), SO_ATTACH_FILTER(), program) < 0) {
        throw failed("setsockopt(SO_ATTACH_FILTER)");
      }
    }
  }

  /** The receive buffer, in bytes as the kernel accounts them: twice what was asked for. */
  long receiveBufferBytes() throws ConntrackException {
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
