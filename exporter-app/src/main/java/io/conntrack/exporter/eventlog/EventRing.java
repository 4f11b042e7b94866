package io.conntrack.exporter.eventlog;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.ffm.socket.EventSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Events on their way from the reading thread to the event log. The ring is bounded and off the
 * heap. Neither side ever waits for the other.
 *
 * <pre>
 *  entry   offset  size  field
 *               0     4  lengthBytes     of the message; {@link #WRAP}: go on at the ring's start
 *                                        0: there is none
 *               4     1  remoteEnd       its number
 *               5     1  hasEnd          0 or 1
 *               6     2  netnsBytes      of the name behind the message
 *               8     8  receivedUnixNs
 *              16     n  message         as the kernel sent it
 *          16 + n     m  netns           name of another network namespace, padded to 8 bytes
 *          behind it     end             of a flow that has ended: {@link EndRecord}
 * </pre>
 *
 * <p>One thread puts, one takes. The thread that puts writes {@code tail} with release, which
 * publishes all entries before it. The thread that takes writes {@code head} with release, which
 * gives back the room before it. Positions only grow. A place is a position modulo the capacity.
 */
final class EventRing implements AutoCloseable {
  /** There is no entry, or no room. */
  static final long NONE = -1;

  private static final int WRAP = -1;
  private static final int LENGTH = 0;
  private static final int REMOTE_END = 4;
  private static final int HAS_END = 5;
  private static final int NETNS_BYTES = 6;
  private static final int RECEIVED = 8;
  private static final int MESSAGE = 16;
  private static final int ALIGNMENT = 8;
  private static final int MAX_ENTRY_BYTES =
      aligned(MESSAGE + EventSocket.MAX_MESSAGE_BYTES + NamespacePattern.LONGEST_NAME)
          + EndRecord.MAX_BYTES;

  /** Shared, because one thread reads what the other wrote. Closed when both are done. */
  private final Arena arena = Arena.ofShared();

  private final int capacityBytes;
  private final MemorySegment memory;
  private final AtomicLong head = new AtomicLong();
  private final AtomicLong tail = new AtomicLong();

  /** {@code capacityBytes}: a power of two, at least two of the largest entries. */
  EventRing(int capacityBytes) {
    if (Integer.bitCount(capacityBytes) != 1 || capacityBytes < 2 * MAX_ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "capacityBytes="
              + capacityBytes
              + " must be a power of two of at least "
              + 2 * MAX_ENTRY_BYTES);
    }
    this.capacityBytes = capacityBytes;
    this.memory = arena.allocate(capacityBytes, ALIGNMENT);
  }

  /** For the thread that puts: the place of an entry to fill in, or NONE if there is no room. */
  long claim() {
    long position = tail.getPlain();
    int place = place(position);
    int toEnd = capacityBytes - place;
    int needed = toEnd < MAX_ENTRY_BYTES ? toEnd + MAX_ENTRY_BYTES : MAX_ENTRY_BYTES;
    if (position + needed - head.getAcquire() > capacityBytes) {
      return NONE;
    }
    if (needed > MAX_ENTRY_BYTES) {
      memory.set(ValueLayout.JAVA_INT, place + LENGTH, WRAP);
      return 0;
    }
    return place;
  }

  /** Where the message of the claimed entry is to be written. */
  static long messageOffset(long entry) {
    return entry + MESSAGE;
  }

  /**
   * For the thread that puts: hands over the claimed entry, once its message is written.
   *
   * @param end null unless the flow has ended
   */
  void publish(
      long entry,
      int lengthBytes,
      byte[] netns,
      RemoteEnd remoteEnd,
      long receivedUnixNs,
      FlowEnd end) {
    memory.set(ValueLayout.JAVA_INT, entry + LENGTH, lengthBytes);
    memory.set(ValueLayout.JAVA_BYTE, entry + REMOTE_END, (byte) remoteEnd.number);
    memory.set(ValueLayout.JAVA_BYTE, entry + HAS_END, (byte) (end == null ? 0 : 1));
    memory.set(ValueLayout.JAVA_SHORT, entry + NETNS_BYTES, (short) netns.length);
    memory.set(ValueLayout.JAVA_LONG, entry + RECEIVED, receivedUnixNs);
    long behind = messageOffset(entry) + lengthBytes;
    MemorySegment.copy(netns, 0, memory, ValueLayout.JAVA_BYTE, behind, netns.length);
    if (end != null) {
      EndRecord.write(end, memory, endOffset(entry));
    }
    long position = tail.getPlain();
    int place = place(position);
    long skipped = entry == place ? 0 : capacityBytes - place;
    tail.setRelease(position + skipped + entryBytes(entry));
  }

  /** For the thread that takes: the place of the oldest entry, or NONE. */
  long peek() {
    long position = head.getPlain();
    if (position == tail.getAcquire()) {
      return NONE;
    }
    int place = place(position);
    return memory.get(ValueLayout.JAVA_INT, place + LENGTH) == WRAP ? 0 : place;
  }

  MemorySegment memory() {
    return memory;
  }

  MemorySegment message(long entry) {
    return memory.asSlice(messageOffset(entry), memory.get(ValueLayout.JAVA_INT, entry + LENGTH));
  }

  RemoteEnd remoteEnd(long entry) {
    return RemoteEnd.ofNumber(memory.get(ValueLayout.JAVA_BYTE, entry + REMOTE_END));
  }

  boolean hasEnd(long entry) {
    return memory.get(ValueLayout.JAVA_BYTE, entry + HAS_END) != 0;
  }

  /** Reads what became of the flow, if the entry has it. */
  void readEnd(long entry, FlowEnd end) {
    EndRecord.read(memory, endOffset(entry), end);
  }

  private long endOffset(long entry) {
    int lengthBytes = memory.get(ValueLayout.JAVA_INT, entry + LENGTH);
    int netnsBytes = memory.get(ValueLayout.JAVA_SHORT, entry + NETNS_BYTES);
    return entry + aligned(MESSAGE + lengthBytes + netnsBytes);
  }

  /** The name of another network namespace; empty for the own one. */
  String netns(long entry) {
    int lengthBytes = memory.get(ValueLayout.JAVA_SHORT, entry + NETNS_BYTES);
    if (lengthBytes == 0) {
      return "";
    }
    byte[] name = new byte[lengthBytes];
    long behind = messageOffset(entry) + memory.get(ValueLayout.JAVA_INT, entry + LENGTH);
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, behind, name, 0, lengthBytes);
    return new String(name, US_ASCII);
  }

  long receivedUnixNs(long entry) {
    return memory.get(ValueLayout.JAVA_LONG, entry + RECEIVED);
  }

  /** For the thread that takes: gives back the room of the oldest entry. */
  void release(long entry) {
    long position = head.getPlain();
    int place = place(position);
    long skipped = entry == place ? 0 : capacityBytes - place;
    head.setRelease(position + skipped + entryBytes(entry));
  }

  private int place(long position) {
    return (int) position & (capacityBytes - 1);
  }

  private int entryBytes(long entry) {
    long end = endOffset(entry);
    int endBytes = hasEnd(entry) ? EndRecord.bytes(memory, end) : 0;
    return aligned((int) (end - entry) + endBytes);
  }

  private static int aligned(int bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  @Override
  public void close() {
    arena.close();
  }
}
