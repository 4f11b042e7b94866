package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.AF_INET;
import static io.conntrack.ffm.generated.Netfilter.AF_INET6;
import static io.conntrack.ffm.generated.Netfilter.C_INT;
import static io.conntrack.ffm.generated.Netfilter.C_POINTER;
import static io.conntrack.ffm.generated.Netfilter.IPPROTO_TCP;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A listening TCP socket that the service manager has opened for this process: sd_listen_fds(3).
 *
 * <p>The JDK's HTTP server takes no socket that is there already. So it makes one of its own, and
 * {@link #replace} puts this one into that one's descriptor.
 *
 * <pre>
 *  struct sockaddr_in, sockaddr_in6 and sockaddr_un, see ip(7), ipv6(7) and unix(7)
 *  offset  size  field
 *       0     2  family     host order
 *       2     2  port       network order; of sockaddr_un the path begins here
 *       4     4  address    of AF_INET
 *       8    16  address    of AF_INET6
 * </pre>
 */
public final class InheritedSocket {
  /** SD_LISTEN_FDS_START. */
  private static final int FIRST = 3;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final String REMEDY =
      "Start it through a socket unit: 'systemctl enable --now conntrack-exporter.socket', or leave"
          + " the option out";
  private static final String REMEDY_FOR_UNIT =
      "The socket unit needs ListenStream= with a port, or an IP address and a port, and"
          + " Accept=no";

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SO_TYPE = 3;
  private static final int SO_ACCEPTCONN = 30;
  private static final int SO_PROTOCOL = 38;
  private static final int SO_DOMAIN = 39;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;

  /** Of sockaddr_storage; no address is longer. */
  private static final int LONGEST_ADDRESS_BYTES = 128;

  private static final int PORT = 2;
  private static final int INET_ADDRESS = 4;
  private static final int INET6_ADDRESS = 8;
  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private final int descriptor;
  private final InetSocketAddress address;

  private InheritedSocket(int descriptor, InetSocketAddress address) {
    this.descriptor = descriptor;
    this.address = address;
  }

  /**
   * All that were handed over, one or more. After {@link Libraries#require}.
   *
   * @param environment with LISTEN_PID and LISTEN_FDS
   * @throws ConntrackException if there is none, or if something else was handed over: then the
   *     message says what
   */
  public static List<InheritedSocket> all(Map<String, String> environment)
      throws ConntrackException {
    int count = count(environment, ProcessHandle.current().pid());
    List<InheritedSocket> sockets = new ArrayList<>();
    try (Calls calls = new Calls()) {
      for (int descriptor = FIRST; descriptor < FIRST + count; descriptor++) {
        String kind = calls.kind(descriptor);
        if (!kind.isEmpty()) {
          throw refused(
              "file descriptor " + descriptor + " is " + kind + ", not a listening TCP socket",
              REMEDY_FOR_UNIT);
        }
        sockets.add(new InheritedSocket(descriptor, calls.address(descriptor)));
      }
    }
    return List.copyOf(sockets);
  }

  /** Descriptors of another process' number are none of ours: they may be the JVM's own files. */
  static int count(Map<String, String> environment, long pid) throws ConntrackException {
    String process = environment.getOrDefault("LISTEN_PID", "");
    String count = environment.getOrDefault("LISTEN_FDS", "");
    if (process.isEmpty() || count.isEmpty()) {
      throw refused(
          "systemd has handed over no socket: LISTEN_PID='%s', LISTEN_FDS='%s'"
              .formatted(process, count),
          REMEDY);
    }
    if (!process.equals(Long.toString(pid))) {
      throw refused(
          "systemd has handed its sockets to process " + process + ", and this is process " + pid,
          "A wrapper must end in 'exec conntrack-exporter'");
    }
    if (!count.matches("[1-9]\\d{0,2}")) {
      throw refused("LISTEN_FDS='" + count + "' must be a number from 1 to 999", REMEDY);
    }
    return Integer.parseInt(count);
  }

  private static ConntrackException refused(String failure, String remedy) {
    return new ConntrackException(failure, remedy, null);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Puts it into the place of the one socket of this process that listens at {@code other}, which
   * is closed. To be called once, before anything waits for that descriptor. What has been
   * connected there is lost.
   */
  public void replace(InetSocketAddress other) throws ConntrackException {
    try (Calls calls = new Calls()) {
      calls.dontBlock(descriptor);
      calls.move(descriptor, calls.listeningAt(other));
    }
  }

  /** The calls, and the memory for them. Of one thread. Linked when there is a socket. */
  private static final class Calls implements AutoCloseable {
    private static final MethodHandle GET_NAME =
        SystemCalls.link("getsockname", FunctionDescriptor.of(C_INT, C_INT, C_POINTER, C_POINTER));
    private static final MethodHandle DUP3 =
        SystemCalls.link("dup3", FunctionDescriptor.of(C_INT, C_INT, C_INT, C_INT));
    private static final MethodHandle FCNTL =
        SystemCalls.link(
            "fcntl",
            FunctionDescriptor.of(C_INT, C_INT, C_INT, C_INT),
            Linker.Option.firstVariadicArg(2));

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment errno = SystemCalls.allocateErrno(arena);
    private final MemorySegment name = arena.allocate(LONGEST_ADDRESS_BYTES, Long.BYTES);
    private final MemorySegment length = arena.allocate(C_INT);
    private final MemorySegment value = arena.allocate(C_INT);

    /** What the descriptor is, if it is no listening TCP socket; else empty. */
    String kind(int descriptor) throws ConntrackException {
      int family = option(descriptor, SO_DOMAIN);
      if (family < 0) {
        return noSocket(descriptor);
      }
      if (family == AF_UNIX) {
        return "the UNIX socket " + path(descriptor);
      }
      if (family != AF_INET() && family != AF_INET6()) {
        return "a socket of address family " + family;
      }
      if (option(descriptor, SO_TYPE) != SOCK_STREAM) {
        return "a socket of type " + option(descriptor, SO_TYPE) + ", as of ListenDatagram=";
      }
      if (option(descriptor, SO_PROTOCOL) != IPPROTO_TCP()) {
        return "a socket of protocol " + option(descriptor, SO_PROTOCOL);
      }
      return option(descriptor, SO_ACCEPTCONN) == 1 ? "" : "a connection, as of Accept=yes";
    }

    /** A socket option that is an int; -1 if there is none, as of what is no socket. */
    private int option(int descriptor, int option) {
      length.set(C_INT, 0, Integer.BYTES);
      return SystemCalls.getOption(errno, descriptor, option, value, length) < 0
          ? -1
          : value.get(C_INT, 0);
    }

    private static String noSocket(int descriptor) {
      Path link = DESCRIPTORS.resolve(Integer.toString(descriptor));
      try {
        return printable(Files.readSymbolicLink(link).toString());
      } catch (IOException e) {
        return "not open";
      }
    }

    /** One of the abstract name space begins with a zero, for which @ stands. */
    private String path(int descriptor) throws ConntrackException {
      int bytes = name(descriptor);
      byte[] path = name.asSlice(PORT, Math.max(0, bytes - PORT)).toArray(ValueLayout.JAVA_BYTE);
      String text = new String(path, UTF_8);
      return text.isEmpty() ? "without a path" : printable("'" + text.replaceAll("\0$", "") + "'");
    }

    private static String printable(String text) {
      return text.replace('\0', '@').replaceAll("\\p{Cntrl}", "?");
    }

    InetSocketAddress address(int descriptor) throws ConntrackException {
      name(descriptor);
      return address();
    }

    /** Reads the socket's address. Returns how long it is, as far as there is room for it. */
    private int name(int descriptor) throws ConntrackException {
      if (getName(descriptor) < 0) {
        throw SystemCalls.failed(
            "getsockname(fd=" + descriptor + ")", SystemCalls.errno(errno), "");
      }
      return Math.min(length.get(C_INT, 0), LONGEST_ADDRESS_BYTES);
    }

    private int getName(int descriptor) {
      length.set(C_INT, 0, LONGEST_ADDRESS_BYTES);
      name.fill((byte) 0);
      try {
        return (int) GET_NAME.invokeExact(errno, descriptor, name, length);
      } catch (Throwable t) {
        throw SystemCalls.rethrown(t);
      }
    }

    private InetSocketAddress address() {
      boolean isFour = name.get(ValueLayout.JAVA_SHORT, 0) == AF_INET();
      byte[] octets =
          name.asSlice(isFour ? INET_ADDRESS : INET6_ADDRESS, isFour ? 4 : 16)
              .toArray(ValueLayout.JAVA_BYTE);
      int port = Short.toUnsignedInt(name.get(NETWORK_SHORT, PORT));
      try {
        return new InetSocketAddress(InetAddress.getByAddress(octets), port);
      } catch (UnknownHostException e) {
        throw new AssertionError("of this length it is an address", e);
      }
    }

    /**
     * The descriptor that listens at the address. Two sockets may have that address, a listener and
     * what it has accepted, but only one listens.
     */
    int listeningAt(InetSocketAddress wanted) throws ConntrackException {
      try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
        for (Path file : descriptors.toList()) {
          int descriptor = Integer.parseInt(file.getFileName().toString());
          if (listens(descriptor) && address().equals(wanted)) {
            return descriptor;
          }
        }
      } catch (IOException e) {
        throw new ConntrackException("cannot read " + DESCRIPTORS + ": " + e, "", e);
      }
      throw new ConntrackException("no socket of this process listens at " + wanted);
    }

    /** Whether it is a TCP socket that listens, whose address is in {@link #name} then. */
    private boolean listens(int descriptor) {
      int family = option(descriptor, SO_DOMAIN);
      return (family == AF_INET() || family == AF_INET6())
          && option(descriptor, SO_ACCEPTCONN) == 1
          && getName(descriptor) == 0;
    }

    /** All that share the socket see it, the service manager too, which does not accept. */
    void dontBlock(int descriptor) throws ConntrackException {
      int flags = fcntl(descriptor, F_GETFL, 0);
      if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
        throw SystemCalls.failed("fcntl(fd=" + descriptor + ")", SystemCalls.errno(errno), "");
      }
    }

    private int fcntl(int descriptor, int command, int flags) {
      try {
        return (int) FCNTL.invokeExact(errno, descriptor, command, flags);
      } catch (Throwable t) {
        throw SystemCalls.rethrown(t);
      }
    }

    /** The kernel closes what {@code target} was, in the same step. */
    void move(int descriptor, int target) throws ConntrackException {
      if (dup3(descriptor, target) < 0) {
        throw SystemCalls.failed(
            "dup3(fd=" + descriptor + ", fd=" + target + ")", SystemCalls.errno(errno), "");
      }
      SystemCalls.close(descriptor);
    }

    private int dup3(int descriptor, int target) {
      try {
        return (int) DUP3.invokeExact(errno, descriptor, target, O_CLOEXEC);
      } catch (Throwable t) {
        throw SystemCalls.rethrown(t);
      }
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
