package io.conntrack.ffm.socket;

import static io.conntrack.ffm.generated.Netfilter.MSG_TRUNC;

import io.conntrack.ffm.generated.iovec;
import io.conntrack.ffm.generated.mmsghdr;
import io.conntrack.ffm.generated.msghdr;
import io.conntrack.ffm.message.FlowMessages;
import io.conntrack.ffm.message.Netlink;
import io.conntrack.ffm.system.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Room for one recvmmsg(2): a row of equal slots, a datagram each.
 *
 * <pre>
 *   | datagram 0 ..... | gap | datagram 1 .. | gap         | datagram 2 ......| gap |
 *   |&lt;------ stride -------&gt;|
 * </pre>
 *
 * <p>The sender of a datagram is not asked for. It can only be the kernel ({@link NetlinkSocket}),
 * and telling the sender took a tenth of an event's whole time.
 *
 * <p>The memory is the arena's, and the thread's that the arena is confined to. A gap is at least a
 * cache line, so that slots do not all begin in the same sets of the cache, and so that a header
 * fits.
 */
public final class DatagramBatch {
  private static final int GAP_BYTES = 64;

  /** Where the kernel tells of a datagram: fields of struct mmsghdr. */
  private static final long HEADER_BYTES = mmsghdr.sizeof();

  private static final long RECEIVED_BYTES = mmsghdr.msg_len$offset();
  private static final long FLAGS = mmsghdr.msg_hdr$offset() + msghdr.msg_flags$offset();

  private final int capacity;
  private final long strideBytes;
  private final MemorySegment messages;
  private final MemorySegment vector;
  private final MemorySegment errno;

  /** {@code datagramBytes} is a multiple of 64. */
  public DatagramBatch(Arena arena, int capacity, int datagramBytes) {
    this.capacity = capacity;
    this.strideBytes = (long) datagramBytes + GAP_BYTES;
    this.messages = arena.allocate(capacity * strideBytes, GAP_BYTES);
    this.vector = mmsghdr.allocateArray(capacity, arena);
    this.errno = SystemCalls.allocateErrno(arena);
    MemorySegment parts = iovec.allocateArray(capacity, arena);
    for (int i = 0; i < capacity; i++) {
      MemorySegment part = iovec.asSlice(parts, i);
      iovec.iov_base(part, messages.asSlice(offsetBytes(i), datagramBytes));
      iovec.iov_len(part, datagramBytes);
      MemorySegment header = mmsghdr.msg_hdr(mmsghdr.asSlice(vector, i));
      msghdr.msg_iov(header, part);
      msghdr.msg_iovlen(header, 1);
    }
  }

  /** Receives what is queued, {@link #capacity} datagrams at most. Returns how many, or -errno. */
  public int receive(int descriptor) {
    int count = SystemCalls.receive(errno, descriptor, vector, capacity, 0);
    return count >= 0 ? count : -SystemCalls.errno(errno);
  }

  int capacity() {
    return capacity;
  }

  /** The slots: what the walk reads. */
  public MemorySegment messages() {
    return messages;
  }

  long offsetBytes(int datagram) {
    return datagram * strideBytes;
  }

  public int lengthBytes(int datagram) {
    return vector.get(ValueLayout.JAVA_INT, datagram * HEADER_BYTES + RECEIVED_BYTES);
  }

  /** Whether it fitted its slot. */
  public boolean isWhole(int datagram) {
    int flags = vector.get(ValueLayout.JAVA_INT, datagram * HEADER_BYTES + FLAGS);
    return (flags & MSG_TRUNC()) == 0;
  }

  /**
   * Makes the first {@code count} datagrams one run of messages, which libmnl walks in one call:
   * the gap behind each becomes a message without content. A datagram that is not exactly one whole
   * event becomes such a gap itself, so that the walk can neither lose its way nor end before the
   * events behind it. Returns how many did.
   */
  int join(int count) {
    int refused = 0;
    for (int i = 0; i < count; i++) {
      int used = alignedEventBytes(i);
      refused += used == 0 ? 1 : 0;
      Netlink.putEmpty(messages, offsetBytes(i) + used, (int) strideBytes - used);
    }
    return refused;
  }

  /** The bytes of the datagram's only event, padding included, or 0 if it is not one event. */
  private int alignedEventBytes(int datagram) {
    int received = lengthBytes(datagram);
    if (received < Netlink.HEADER_BYTES || !isWhole(datagram)) {
      return 0;
    }
    long message = offsetBytes(datagram);
    int declared = Netlink.lengthBytes(messages, message);
    boolean one =
        declared >= Netlink.HEADER_BYTES
            && declared <= received
            && Netlink.align(declared) >= received;
    return one && FlowMessages.isEvent(messages, message) ? Netlink.align(declared) : 0;
  }
}
