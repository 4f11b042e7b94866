package io.conntrack.testbed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Stands between the kernel and whoever reads a netlink socket: what the kernel sends comes here,
 * and the reader gets what a test gives it. So it can meet what the kernel does too rarely to wait
 * for. The reader keeps its descriptor, behind which there is one end of a pair of sockets now.
 *
 * <p>One thread at a time. Closing leaves the reader's descriptor to the reader.
 */
public final class Interceptor implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ERROR = 4;
  private static final int DATAGRAM_BYTES = 64 << 10;
  private static final int HEADER_BYTES = 16;
  private static final int TYPE_OFFSET = 4;
  private static final int FLAGS_OFFSET = 6;
  private static final int SEQUENCE_OFFSET = 8;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer = arena.allocate(DATAGRAM_BYTES);
  private final int kernel;
  private final int reader;

  private Interceptor(int kernel, int reader) {
    this.kernel = kernel;
    this.reader = reader;
  }

  /** From now on. What is queued already comes here too. */
  public static Interceptor of(int descriptor) {
    int kernel = Libc.dup(descriptor);
    int[] pair = Libc.socketpair(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC);
    Libc.dup2(pair[0], descriptor);
    Libc.close(pair[0]);
    return new Interceptor(kernel, pair[1]);
  }

  /** Puts what is behind another descriptor behind a reader's, for good. */
  public static void replace(int descriptor, int other) {
    Libc.dup2(other, descriptor);
  }

  /**
   * Takes the error that waits for the next receive of a socket, such as ENOBUFS after an overrun,
   * away from its reader. Returns its errno, or 0.
   */
  public static int takeError(int descriptor) {
    return Libc.getsockopt(descriptor, SOL_SOCKET, SO_ERROR);
  }

  /** The next datagram of the kernel, which must be there. */
  public byte[] take() {
    int bytes = Libc.recv(kernel, buffer);
    return buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Gives the reader a datagram. */
  public void give(byte[] datagram) {
    MemorySegment.copy(datagram, 0, buffer, ValueLayout.JAVA_BYTE, 0, datagram.length);
    Libc.send(reader, buffer.asSlice(0, datagram.length));
  }

  /** Gives the reader what the kernel sends next, as it is. */
  public void pass() {
    give(take());
  }

  /** The same datagram with these flags set in the header of its first message. */
  public static byte[] flagged(byte[] datagram, int flags) {
    byte[] copy = datagram.clone();
    ByteBuffer bytes = ByteBuffer.wrap(copy).order(ByteOrder.nativeOrder());
    bytes.putShort(FLAGS_OFFSET, (short) (bytes.getShort(FLAGS_OFFSET) | flags));
    return copy;
  }

  /**
   * A message that consists of a header and an error number, 0 or negative: NLMSG_ERROR,
   * NLMSG_DONE.
   */
  public static byte[] verdict(int type, int sequence, int error) {
    int length = HEADER_BYTES + Integer.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    bytes.putInt(0, length).putShort(TYPE_OFFSET, (short) type);
    bytes.putInt(SEQUENCE_OFFSET, sequence).putInt(HEADER_BYTES, error);
    return bytes.array();
  }

  @Override
  public void close() {
    Libc.close(kernel);
    Libc.close(reader);
    arena.close();
  }
}
