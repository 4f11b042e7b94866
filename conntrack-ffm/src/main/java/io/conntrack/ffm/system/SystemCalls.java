package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.C_INT;
import static io.conntrack.ffm.generated.Netfilter.C_LONG;
import static io.conntrack.ffm.generated.Netfilter.EAGAIN;
import static io.conntrack.ffm.generated.Netfilter.EINVAL;
import static io.conntrack.ffm.generated.Netfilter.EOPNOTSUPP;
import static io.conntrack.ffm.generated.Netfilter.EPERM;
import static io.conntrack.ffm.generated.Netfilter.EPROTONOSUPPORT;

import io.conntrack.ffm.generated.Netfilter;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The calls whose errno matters, linked by hand, since jextract's wrappers lose errno, and those
 * that each start makes.
 *
 * <p>Linking is what takes longest at a start: 4 to 10 ms for each list of parameter types. So one
 * list is for all functions: eight of {@code long}. By the calling conventions of x86-64 and of
 * AArch64 a number or an address lies in a register of its own, or on the stack in a place of its
 * own, and the caller clears the stack. A function reads as much of a place as its parameter has,
 * and none beyond its parameters. {@link #address} checks the memory, as the linker would for a
 * parameter that is an address.
 *
 * <p>Each call takes the caller's own capture segment ({@link #allocateErrno}), so that threads do
 * not share one; {@link #errno} is valid until the next call with the same segment.
 */
public final class SystemCalls {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LOOKUP =
      SymbolLookup.libraryLookup("libmnl.so.0", Arena.global()).or(LINKER.defaultLookup());
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final long ERRNO = CAPTURED.byteOffset(PathElement.groupElement("errno"));

  /** The most parameters that a function has. */
  private static final int PARAMETERS = 8;

  /** Calls any of the functions; its address comes first. */
  private static final MethodHandle CALL = link();

  private static final MemorySegment OPEN = find("mnl_socket_open2");
  private static final MemorySegment BIND = find("mnl_socket_bind");
  private static final MemorySegment DESCRIPTOR = find("mnl_socket_get_fd");
  private static final MemorySegment PORT_ID = find("mnl_socket_get_portid");
  private static final MemorySegment CONNECT = find("connect");
  private static final MemorySegment SEND = find("mnl_socket_sendto");
  private static final MemorySegment CLOSE_SOCKET = find("mnl_socket_close");
  private static final MemorySegment RUN = find("mnl_cb_run2");
  private static final MemorySegment RECEIVE = find("recvmmsg");
  private static final MemorySegment SET_OPTION = find("setsockopt");
  private static final MemorySegment GET_OPTION = find("getsockopt");
  private static final MemorySegment POLL = find("poll");
  private static final MemorySegment EVENTFD = find("eventfd");
  private static final MemorySegment READ = find("read");
  private static final MemorySegment WRITE = find("write");
  private static final MemorySegment CLOSE = find("close");
  private static final MemorySegment CLOCK_GETTIME = find("clock_gettime");
  private static final MemorySegment SOCKET = find("socket");
  private static final MemorySegment SEND_TO = find("sendto");

  /** Of calls whose errno nobody reads, of any thread. */
  private static final MemorySegment IGNORED = allocateErrno(Arena.global());

  private SystemCalls() {}

  private static MethodHandle link() {
    MemoryLayout[] words = new MemoryLayout[PARAMETERS];
    Arrays.fill(words, C_LONG);
    return LINKER.downcallHandle(FunctionDescriptor.of(C_LONG, words), CAPTURE);
  }

  private static MemorySegment find(String function) {
    return LOOKUP.find(function).orElseThrow();
  }

  /** The address of memory off the heap, whose arena is open and lets this thread in. */
  private static long address(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("On the heap: " + memory);
    }
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("Already closed: " + memory);
    }
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException("Not of this thread: " + memory);
    }
    return memory.address();
  }

  /** A handle whose first argument is the caller's {@link #allocateErrno}. */
  public static MethodHandle link(
      String function, FunctionDescriptor descriptor, Linker.Option... variadic) {
    MemorySegment address = find(function);
    Linker.Option[] options = Arrays.copyOf(variadic, variadic.length + 1);
    options[variadic.length] = CAPTURE;
    return LINKER.downcallHandle(address, descriptor, options);
  }

  /** Links all calls, on the calling thread; the first of them would do that too. */
  public static void linkAll() {
    // The class initializer does it.
  }

  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED);
  }

  public static int errno(MemorySegment capture) {
    return capture.get(C_INT, ERRNO);
  }

  /** A function of three parameters at most. */
  private static long call(
      MemorySegment function, MemorySegment errno, long first, long second, long third) {
    return call(function, errno, first, second, third, 0, 0, 0);
  }

  /** A function of six parameters at most. */
  private static long call(
      MemorySegment function,
      MemorySegment errno,
      long first,
      long second,
      long third,
      long fourth,
      long fifth,
      long sixth) {
    return call(function, errno, first, second, third, fourth, fifth, sixth, 0, 0);
  }

  /** A function of eight parameters at most. */
  private static long call(
      MemorySegment function,
      MemorySegment errno,
      long first,
      long second,
      long third,
      long fourth,
      long fifth,
      long sixth,
      long seventh,
      long eighth) {
    try {
      return (long)
          CALL.invokeExact(
              function, errno, first, second, third, fourth, fifth, sixth, seventh, eighth);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See mnl_socket_open2: a socket of libmnl, or NULL. */
  public static MemorySegment open(MemorySegment errno, int bus, int flags) {
    return MemorySegment.ofAddress(call(OPEN, errno, bus, flags, 0));
  }

  /** See mnl_socket_bind; the kernel chooses the port id. */
  public static int bind(MemorySegment errno, MemorySegment socket, int groups) {
    return (int) call(BIND, errno, address(socket), groups, 0);
  }

  /** See mnl_socket_get_fd. */
  public static int descriptor(MemorySegment socket) {
    return (int) call(DESCRIPTOR, IGNORED, address(socket), 0, 0);
  }

  /** See mnl_socket_get_portid. */
  public static int portId(MemorySegment socket) {
    return (int) call(PORT_ID, IGNORED, address(socket), 0, 0);
  }

  /** See mnl_socket_close. */
  public static void closeSocket(MemorySegment socket) {
    call(CLOSE_SOCKET, IGNORED, address(socket), 0, 0);
  }

  /** See connect(2). */
  public static int connect(MemorySegment errno, int descriptor, MemorySegment address) {
    return (int) call(CONNECT, errno, descriptor, address(address), address.byteSize());
  }

  /** See mnl_socket_sendto. */
  public static long send(MemorySegment errno, MemorySegment socket, MemorySegment request) {
    return call(SEND, errno, address(socket), address(request), request.byteSize());
  }

  /**
   * See mnl_cb_run2; {@code callback} takes every message whose type has none in {@code control}.
   */
  public static int run(
      MemorySegment errno,
      MemorySegment messages,
      long lengthBytes,
      int sequence,
      int portId,
      MemorySegment callback,
      MemorySegment control,
      int controlCount) {
    return (int)
        call(
            RUN,
            errno,
            address(messages),
            lengthBytes,
            sequence,
            portId,
            address(callback),
            0,
            address(control),
            controlCount);
  }

  /** See recvmmsg(2), without a timeout. */
  public static int receive(
      MemorySegment errno, int descriptor, MemorySegment datagrams, int count, int flags) {
    return (int) call(RECEIVE, errno, descriptor, address(datagrams), count, flags, 0, 0);
  }

  /** See setsockopt(2), level SOL_SOCKET. */
  public static int setOption(
      MemorySegment errno, int descriptor, int option, MemorySegment value) {
    return setOption(errno, descriptor, Netfilter.SOL_SOCKET(), option, value);
  }

  /** See setsockopt(2). */
  public static int setOption(
      MemorySegment errno, int descriptor, int level, int option, MemorySegment value) {
    return (int)
        call(SET_OPTION, errno, descriptor, level, option, address(value), value.byteSize(), 0);
  }

  /** See getsockopt(2), level SOL_SOCKET; {@code lengthBytes} is in and out. */
  public static int getOption(
      MemorySegment errno,
      int descriptor,
      int option,
      MemorySegment value,
      MemorySegment lengthBytes) {
    int level = Netfilter.SOL_SOCKET();
    long length = address(lengthBytes);
    return (int) call(GET_OPTION, errno, descriptor, level, option, address(value), length, 0);
  }

  /** See poll(2). */
  static int poll(MemorySegment errno, MemorySegment descriptors, long count, int timeoutMs) {
    return (int) call(POLL, errno, address(descriptors), count, timeoutMs);
  }

  /** See eventfd(2). */
  static int eventfd(MemorySegment errno, int flags) {
    return (int) call(EVENTFD, errno, 0, flags, 0);
  }

  /** See read(2); errno is lost. */
  static long read(int descriptor, MemorySegment room) {
    return call(READ, IGNORED, descriptor, address(room), room.byteSize());
  }

  /** See write(2); errno is lost. */
  static long write(int descriptor, MemorySegment bytes) {
    return call(WRITE, IGNORED, descriptor, address(bytes), bytes.byteSize());
  }

  /** See close(2); errno is lost. */
  static int close(int descriptor) {
    return (int) call(CLOSE, IGNORED, descriptor, 0, 0);
  }

  /** See clock_gettime(2). */
  static int clockGetTime(MemorySegment errno, int clock, MemorySegment time) {
    return (int) call(CLOCK_GETTIME, errno, clock, address(time), 0);
  }

  /** See socket(2). */
  static int socket(MemorySegment errno, int family, int type) {
    return (int) call(SOCKET, errno, family, type, 0);
  }

  /** See sendto(2). */
  static long sendTo(
      MemorySegment errno, int descriptor, MemorySegment bytes, int flags, MemorySegment to) {
    long length = bytes.byteSize();
    return call(
        SEND_TO, errno, descriptor, address(bytes), length, flags, address(to), to.byteSize());
  }

  /** The exception for a call that failed: {@code call} names it with its inputs. */
  public static ConntrackException failed(String call, int errno) {
    return failed(call, errno, remedy(errno));
  }

  /** The same where it is known what to do about it; nothing if {@code remedy} is empty. */
  public static ConntrackException failed(String call, int errno, String remedy) {
    String reason = Netfilter.strerror(errno).getString(0);
    return new ConntrackException(
        call + " failed: " + reason + " (errno=" + errno + ")", remedy, null);
  }

  private static String remedy(int errno) {
    if (errno == EPERM()) {
      return "Reading connection tracking needs the capability CAP_NET_ADMIN: run it as root,"
          + " with AmbientCapabilities=CAP_NET_ADMIN in its systemd unit, or with"
          + " --cap-add=NET_ADMIN in a container; the capability of a user namespace is not"
          + " enough for the host's network";
    }
    if (errno == EPROTONOSUPPORT() || errno == EOPNOTSUPP() || errno == EINVAL()) {
      return "This kernel may lack ctnetlink: load it with 'modprobe nf_conntrack_netlink'; a kernel"
          + " of your own needs CONFIG_NF_CT_NETLINK";
    }
    return "";
  }

  public static boolean isAgain(int errno) {
    return errno == EAGAIN();
  }

  /** Throws what a downcall threw. */
  static RuntimeException rethrown(Throwable t) {
    switch (t) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError("a downcall declares no checked exception", t);
    }
  }
}
