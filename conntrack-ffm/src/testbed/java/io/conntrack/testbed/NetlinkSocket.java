package io.conntrack.testbed;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A socket to the netfilter subsystem of the namespace of the thread that opened it. The kernel
 * works on a datagram before {@link #send} returns, so its answers are there already. One thread at
 * a time, not necessarily the one that opened it.
 */
final class NetlinkSocket implements AutoCloseable {
  /** What the kernel says of one request; errno is 0 for an acknowledgement. */
  record Answer(int sequence, int errno) {}

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int NETLINK_NETFILTER = 12;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_RCVBUF = 8;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;

  private static final int BATCH_BYTES = 64 << 10;
  private static final int ANSWER_BYTES = 4 << 10;

  /** Takes an error for each message of a batch, at about 1 KiB of buffer each. */
  private static final int RECEIVE_BUFFER_BYTES = 4 << 20;

  /** A guard against waiting for ever; no answer is ever late. */
  private static final long RECEIVE_LIMIT_SECONDS = 10;

  private static final int TYPE_OFFSET = 4;
  private static final int SEQUENCE_OFFSET = 8;
  private static final int ERROR_OFFSET = 16;
  private static final int ERROR_MESSAGE_BYTES = 20;
  private static final int NLMSG_ERROR = 2;

  private final Arena arena;
  private final NetlinkBatch batch;
  private final MemorySegment answer;
  private final int fd;

  private NetlinkSocket(Arena arena) {
    this.arena = arena;
    batch = new NetlinkBatch(arena, BATCH_BYTES);
    answer = arena.allocate(ANSWER_BYTES, Integer.BYTES);
    fd = Libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER);
  }

  static NetlinkSocket open() {
    Arena arena = Arena.ofShared();
    NetlinkSocket socket = null;
    try {
      socket = new NetlinkSocket(arena);
      socket.configure();
      return socket;
    } catch (Throwable t) {
      if (socket != null) {
        Libc.close(socket.fd);
      }
      arena.close();
      throw t;
    }
  }

  private void configure() {
    setReceiveBuffer(arena.allocateFrom(JAVA_INT, RECEIVE_BUFFER_BYTES));
    // struct timeval: seconds, microseconds
    MemorySegment limit = arena.allocateFrom(JAVA_LONG, RECEIVE_LIMIT_SECONDS, 0);
    Libc.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, limit);
    // An error then repeats only the header of the request, not all of it.
    Libc.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, arena.allocateFrom(JAVA_INT, 1));
  }

  /** Root of a user namespace may not exceed net.core.rmem_max, and gets what that allows. */
  private void setReceiveBuffer(MemorySegment bytes) {
    try {
      Libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
    } catch (KernelException e) {
      if (!e.errnoName().equals("EPERM")) {
        throw e;
      }
      Libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
    }
  }

  /** Where the next datagram is written; it lives as long as this socket. */
  NetlinkBatch batch() {
    return batch;
  }

  /** Sends the batch. */
  void send() {
    Libc.send(fd, batch.contents());
  }

  /** Receives the next answer: one for each refused request and each that asked for one. */
  Answer receive() {
    int bytes = Libc.recv(fd, answer);
    int type = bytes < ERROR_MESSAGE_BYTES ? 0 : answer.get(JAVA_SHORT, TYPE_OFFSET);
    if (type != NLMSG_ERROR) {
      throw new AssertionError("not an answer: bytes=%d type=%d".formatted(bytes, type));
    }
    return new Answer(answer.get(JAVA_INT, SEQUENCE_OFFSET), -answer.get(JAVA_INT, ERROR_OFFSET));
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      Libc.close(fd);
    }
  }
}
