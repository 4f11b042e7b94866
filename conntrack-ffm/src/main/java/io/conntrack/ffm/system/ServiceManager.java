package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.SOCK_CLOEXEC;
import static io.conntrack.ffm.generated.Netfilter.SOCK_NONBLOCK;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Tells the service manager the state of this process, by sd_notify(3): a datagram to the Unix
 * socket of systemd. Java's own channels cannot send one.
 *
 * <p>Belongs to the thread that opened it.
 *
 * <pre>
 *  struct sockaddr_un, see unix(7)
 *  offset  size  field
 *       0     2  sun_family   AF_UNIX
 *       2   108  sun_path     a path and a zero; or a zero and a name, which "@name" stands for
 * </pre>
 */
public final class ServiceManager implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int PATH_OFFSET = 2;
  private static final int PATH_BYTES = 108;

  private final Arena arena;
  private final MemorySegment errno;
  private final String path;
  private final MemorySegment address;
  private final int descriptor;

  private ServiceManager(Arena arena, String path) throws ConntrackException {
    this.arena = arena;
    this.errno = SystemCalls.allocateErrno(arena);
    this.path = path;
    this.address = address(arena, path);
    this.descriptor = socket(errno);
    if (descriptor < 0) {
      throw SystemCalls.failed("socket(AF_UNIX)", SystemCalls.errno(errno));
    }
  }

  /** Opens it for the calling thread; {@code path} is the value of NOTIFY_SOCKET. */
  public static ServiceManager open(String path) throws ConntrackException {
    Libraries.require();
    Arena arena = Arena.ofConfined();
    try {
      return new ServiceManager(arena, path);
    } catch (Throwable t) {
      arena.close();
      throw t;
    }
  }

  private static MemorySegment address(Arena arena, String path) throws ConntrackException {
    byte[] bytes = path.getBytes(UTF_8);
    if (bytes.length >= PATH_BYTES || !path.matches("[/@].+")) {
      throw new ConntrackException(
          "NOTIFY_SOCKET=" + path + ": must be a path, or @ and a name, shorter than 108 bytes");
    }
    MemorySegment address = arena.allocate(PATH_OFFSET + bytes.length, Short.BYTES);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, PATH_OFFSET, bytes.length);
    if (path.startsWith("@")) {
      address.set(ValueLayout.JAVA_BYTE, PATH_OFFSET, (byte) 0);
    }
    return address;
  }

  private static int socket(MemorySegment errno) {
    return SystemCalls.socket(errno, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC() | SOCK_NONBLOCK());
  }

  /** Sends what sd_notify(3) lists, such as {@code READY=1}. Never blocks. */
  public void tell(String state) throws ConntrackException {
    if (send(state.getBytes(UTF_8)) < 0) {
      throw SystemCalls.failed("sendto(NOTIFY_SOCKET=" + path + ")", SystemCalls.errno(errno));
    }
  }

  private long send(byte[] text) {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment message = scratch.allocateFrom(ValueLayout.JAVA_BYTE, text);
      return SystemCalls.sendTo(errno, descriptor, message, MSG_NOSIGNAL, address);
    }
  }

  @Override
  public void close() {
    SystemCalls.close(descriptor);
    arena.close();
  }
}
