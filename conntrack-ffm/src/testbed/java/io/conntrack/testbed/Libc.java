package io.conntrack.testbed;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The few calls of the C library that Java has no class for. Linked by hand, not through the
 * product's bindings: a fault there must not hide itself here. A call that fails throws {@link
 * KernelException}. Calls are not fast (about a microsecond of their own), so make few.
 */
final class Libc {
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  /** The same on all architectures. */
  private static final long PIDFD_OPEN = 434;

  private static final long PIDFD_GETFD = 438;
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = CALL_STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle UNSHARE =
      capturingErrno("unshare", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SOCKET =
      capturingErrno("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      capturingErrno(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SOCKETPAIR =
      capturingErrno(
          "socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle GETSOCKOPT =
      capturingErrno(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle DUP =
      capturingErrno("dup", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle DUP2 =
      capturingErrno("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle PRLIMIT =
      capturingErrno(
          "prlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle CAPSET =
      capturingErrno("capset", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle PTRACE =
      capturingErrno(
          "ptrace", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle WAITPID =
      capturingErrno("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle BIND =
      capturingErrno("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SEND =
      capturingErrno(
          "send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RECV =
      capturingErrno(
          "recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SYSCALL =
      capturingErrno(
          "syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      capturingErrno("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle ERRNO_NAME =
      LINKER.downcallHandle(symbol("strerrorname_np"), FunctionDescriptor.of(ADDRESS, JAVA_INT));

  private Libc() {}

  /** See unshare(2). Moves only the calling thread. */
  static void unshare(int flags) {
    call("unshare", UNSHARE, flags);
  }

  /** See socket(2); the socket belongs to the calling thread's network namespace for ever. */
  static int socket(int domain, int type, int protocol) {
    return (int) call("socket", SOCKET, domain, type, protocol);
  }

  /** See setsockopt(2). */
  static void setsockopt(int fd, int level, int option, MemorySegment value) {
    call("setsockopt", SETSOCKOPT, fd, level, option, value, (int) value.byteSize());
  }

  /** See socketpair(2): two sockets that are connected to each other. */
  static int[] socketpair(int domain, int type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      call("socketpair", SOCKETPAIR, domain, type, 0, pair);
      return pair.toArray(JAVA_INT);
    }
  }

  /** See getsockopt(2), for an option that is an int. */
  static int getsockopt(int fd, int level, int option) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      MemorySegment bytes = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
      call("getsockopt", GETSOCKOPT, fd, level, option, value, bytes);
      return value.get(JAVA_INT, 0);
    }
  }

  /** See dup(2). */
  static int dup(int fd) {
    return (int) call("dup", DUP, fd);
  }

  /** See dup(2): from now on {@code target} is what {@code fd} is. */
  static void dup2(int fd, int target) {
    call("dup2", DUP2, fd, target);
  }

  /** See capset(2): the calling thread's, all to none. */
  static void dropCapabilities() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(JAVA_INT, 2); // version, thread: 0 is this one
      header.set(JAVA_INT, 0, CAPABILITY_VERSION_3);
      MemorySegment none = arena.allocate(JAVA_INT, 6); // effective, permitted, inheritable, twice
      call("capset", CAPSET, header, none);
    }
  }

  /** See prlimit(2); NULL for what is not to be set, or not to be told. */
  static void prlimit(int pid, int resource, MemorySegment limits, MemorySegment old) {
    call("prlimit", PRLIMIT, pid, resource, limits, old);
  }

  /** See ptrace(2), for requests without data. The calling thread is the tracer. */
  static void ptrace(long request, int thread) {
    call("ptrace", PTRACE, request, thread, 0L, 0L);
  }

  /** See waitpid(2). */
  static void waitpid(int thread, int options) {
    call("waitpid", WAITPID, thread, MemorySegment.NULL, options);
  }

  /** See bind(2). */
  static void bind(int fd, MemorySegment address) {
    call("bind", BIND, fd, address, (int) address.byteSize());
  }

  /** See send(2): sends the whole segment as one datagram. */
  static void send(int fd, MemorySegment datagram) {
    long sentBytes = call("send", SEND, fd, datagram, datagram.byteSize(), 0);
    if (sentBytes != datagram.byteSize()) {
      throw new AssertionError(
          "send cut a datagram: bytes=" + datagram.byteSize() + " sent=" + sentBytes);
    }
  }

  /** See recv(2): fills the buffer with the start of one datagram; returns the bytes filled. */
  static int recv(int fd, MemorySegment buffer) {
    return (int) call("recv", RECV, fd, buffer, buffer.byteSize(), 0);
  }

  /** See pidfd_open(2), which older C libraries have no function for. */
  static int pidfdOpen(int pid) {
    return (int) call("pidfd_open", SYSCALL, PIDFD_OPEN, pid, 0, 0);
  }

  /** See pidfd_getfd(2): a copy of what another process has open. */
  static int pidfdGetfd(int pidfd, int fd) {
    return (int) call("pidfd_getfd", SYSCALL, PIDFD_GETFD, pidfd, fd, 0);
  }

  /** See close(2). */
  static void close(int fd) {
    call("close", CLOSE, fd);
  }

  /** The name that errno.h gives to an error number, see strerrorname_np(3). */
  static String errnoName(int errno) {
    try {
      MemorySegment name = (MemorySegment) ERRNO_NAME.invokeExact(errno);
      return name.address() == 0 ? "errno " + errno : name.reinterpret(64).getString(0);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static long call(String function, MethodHandle handle, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      Object result = handle.bindTo(state).invokeWithArguments(arguments);
      long value = ((Number) result).longValue();
      if (value < 0) {
        throw new KernelException(function, errnoName((int) ERRNO.get(state, 0L)));
      }
      return value;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** A downcall declares Throwable, yet nothing checked can come out of one. */
  private static AssertionError unexpected(Throwable t) {
    if (t instanceof RuntimeException e) {
      throw e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    return new AssertionError("a downcall threw a checked exception", t);
  }

  private static MethodHandle capturingErrno(String function, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        symbol(function), descriptor, Linker.Option.captureCallState("errno"));
  }

  private static MemorySegment symbol(String name) {
    return LINKER
        .defaultLookup()
        .find(name)
        .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
  }
}
