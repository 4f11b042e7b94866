package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.C_INT;
import static io.conntrack.ffm.generated.Netfilter.C_LONG;
import static io.conntrack.ffm.generated.Netfilter.C_POINTER;
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
import java.util.Map;

/**
 * The calls whose errno matters, linked by hand, since jextract's wrappers lose errno. Descriptors
 * are written out: asking the wrappers for theirs would link each function a second time, and
 * linking takes longest of all that a start does.
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

  /** As the headers say; a test compares them with what jextract read there. */
  static final Map<String, FunctionDescriptor> DESCRIPTORS =
      Map.of(
          "mnl_socket_open2",
          FunctionDescriptor.of(C_POINTER, C_INT, C_INT),
          "mnl_socket_bind",
          FunctionDescriptor.of(C_INT, C_POINTER, C_INT, C_INT),
          "mnl_socket_sendto",
          FunctionDescriptor.of(C_LONG, C_POINTER, C_POINTER, C_LONG),
          "mnl_cb_run2",
          FunctionDescriptor.of(
              C_INT, C_POINTER, C_LONG, C_INT, C_INT, C_POINTER, C_POINTER, C_POINTER, C_INT),
          "recvmmsg",
          FunctionDescriptor.of(C_INT, C_INT, C_POINTER, C_INT, C_INT, C_POINTER),
          "setsockopt",
          FunctionDescriptor.of(C_INT, C_INT, C_INT, C_INT, C_POINTER, C_INT),
          "getsockopt",
          FunctionDescriptor.of(C_INT, C_INT, C_INT, C_INT, C_POINTER, C_POINTER),
          "poll",
          FunctionDescriptor.of(C_INT, C_POINTER, C_LONG, C_INT),
          "eventfd",
          FunctionDescriptor.of(C_INT, C_INT, C_INT));

  private static final MethodHandle OPEN = link("mnl_socket_open2");
  private static final MethodHandle BIND = link("mnl_socket_bind");

  /** Not of jextract: the headers make a union of all kinds of addresses for it. */
  private static final MethodHandle CONNECT =
      link("connect", FunctionDescriptor.of(C_INT, C_INT, C_POINTER, C_INT));

  private static final MethodHandle SEND = link("mnl_socket_sendto");
  private static final MethodHandle RUN = link("mnl_cb_run2");
  private static final MethodHandle RECEIVE = link("recvmmsg");
  private static final MethodHandle SET_OPTION = link("setsockopt");
  private static final MethodHandle GET_OPTION = link("getsockopt");
  private static final MethodHandle POLL = link("poll");
  private static final MethodHandle EVENTFD = link("eventfd");

  private SystemCalls() {}

  private static MethodHandle link(String function) {
    return link(function, DESCRIPTORS.get(function));
  }

  /** A handle whose first argument is the caller's {@link #allocateErrno}. */
  public static MethodHandle link(
      String function, FunctionDescriptor descriptor, Linker.Option... variadic) {
    MemorySegment address = LOOKUP.find(function).orElseThrow();
    Linker.Option[] options = Arrays.copyOf(variadic, variadic.length + 1);
    options[variadic.length] = CAPTURE;
    return LINKER.downcallHandle(address, descriptor, options);
  }

  /** Links all calls, on the calling thread; the first of them would do that too. */
  public static void link() {
    // The class initializer does it.
  }

  public static MemorySegment allocateErrno(Arena arena) {
    return arena.allocate(CAPTURED);
  }

  public static int errno(MemorySegment capture) {
    return capture.get(C_INT, ERRNO);
  }

  /** See mnl_socket_open2: a socket of libmnl, or NULL. */
  public static MemorySegment open(MemorySegment errno, int bus, int flags) {
    try {
      return (MemorySegment) OPEN.invokeExact(errno, bus, flags);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See mnl_socket_bind; the kernel chooses the port id. */
  public static int bind(MemorySegment errno, MemorySegment socket, int groups) {
    try {
      return (int) BIND.invokeExact(errno, socket, groups, 0);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See connect(2). */
  public static int connect(MemorySegment errno, int descriptor, MemorySegment address) {
    try {
      return (int) CONNECT.invokeExact(errno, descriptor, address, (int) address.byteSize());
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See mnl_socket_sendto. */
  public static long send(MemorySegment errno, MemorySegment socket, MemorySegment request) {
    try {
      return (long) SEND.invokeExact(errno, socket, request, request.byteSize());
    } catch (Throwable t) {
      throw rethrown(t);
    }
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
    try {
      return (int)
          RUN.invokeExact(
              errno,
              messages,
              lengthBytes,
              sequence,
              portId,
              callback,
              MemorySegment.NULL,
              control,
              controlCount);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See recvmmsg(2), without a timeout. */
  public static int receive(
      MemorySegment errno, int descriptor, MemorySegment datagrams, int count, int flags) {
    try {
      return (int)
          RECEIVE.invokeExact(errno, descriptor, datagrams, count, flags, MemorySegment.NULL);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See setsockopt(2), level SOL_SOCKET. */
  public static int setOption(
      MemorySegment errno, int descriptor, int option, MemorySegment value) {
    return setOption(errno, descriptor, Netfilter.SOL_SOCKET(), option, value);
  }

  /** See setsockopt(2). */
  public static int setOption(
      MemorySegment errno, int descriptor, int level, int option, MemorySegment value) {
    try {
      return (int)
          SET_OPTION.invokeExact(errno, descriptor, level, option, value, (int) value.byteSize());
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See getsockopt(2), level SOL_SOCKET; {@code lengthBytes} is in and out. */
  public static int getOption(
      MemorySegment errno,
      int descriptor,
      int option,
      MemorySegment value,
      MemorySegment lengthBytes) {
    try {
      return (int)
          GET_OPTION.invokeExact(
              errno, descriptor, Netfilter.SOL_SOCKET(), option, value, lengthBytes);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See poll(2). */
  static int poll(MemorySegment errno, MemorySegment descriptors, long count, int timeoutMs) {
    try {
      return (int) POLL.invokeExact(errno, descriptors, count, timeoutMs);
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** See eventfd(2). */
  static int eventfd(MemorySegment errno, int flags) {
    try {
      return (int) EVENTFD.invokeExact(errno, 0, flags);
    } catch (Throwable t) {
      throw rethrown(t);
    }
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
