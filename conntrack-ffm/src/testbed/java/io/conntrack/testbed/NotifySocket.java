package io.conntrack.testbed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/** A socket as systemd's, for what sd_notify(3) sends. One thread. */
public final class NotifySocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int MESSAGE_BYTES = 4096;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer = arena.allocate(MESSAGE_BYTES);
  private final int fd;
  private final Path path;

  private NotifySocket(Path path) {
    this.path = path;
    fd = Libc.socket(AF_UNIX, SOCK_DGRAM, 0);
    MemorySegment address = arena.allocate(Short.BYTES + path.toString().length() + 1);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    address.setString(Short.BYTES, path.toString());
    Libc.bind(fd, address);
    MemorySegment limit = arena.allocate(2 * Long.BYTES, Long.BYTES);
    limit.set(ValueLayout.JAVA_LONG, 0, Await.DEFAULT_LIMIT.toSeconds());
    Libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, limit);
  }

  /** Makes the socket under this path, which may have some hundred letters. */
  public static NotifySocket at(Path path) {
    return new NotifySocket(path);
  }

  /** The next message; {@link KernelException} with EAGAIN when none comes within 10 s. */
  public String receive() {
    int length = Libc.recv(fd, buffer);
    return new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), UTF_8);
  }

  @Override
  public void close() {
    Libc.close(fd);
    arena.close();
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
