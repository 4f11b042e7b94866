package io.conntrack.ffm.message;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The flow records of one receive, off the heap, in the order in which the kernel sent them.
 *
 * <p>Belongs to the thread of its socket, which writes it anew at each receive: whoever reads it
 * keeps nothing of it beyond the next one.
 */
public final class FlowBatch {
  private final MemorySegment messages;
  private final MemorySegment records;
  private final int capacity;
  private int size;

  /** {@code messages}: what the records are made of. */
  FlowBatch(Arena arena, MemorySegment messages, int capacity) {
    this.messages = messages;
    this.records = arena.allocate(FlowRecord.LAYOUT, capacity);
    this.capacity = capacity;
  }

  /** How many records there are. */
  public int size() {
    return size;
  }

  /** Where the records are: see {@link FlowRecord}. */
  public MemorySegment records() {
    return records;
  }

  /** Where record {@code index} begins in {@link #records}. */
  public long offset(int index) {
    return index * FlowRecord.BYTES;
  }

  /** Takes what the message of record {@code index} tells beside the record. */
  public void readExtras(int index, FlowExtras extras) {
    int message = FlowRecord.message(records, offset(index));
    extras.read(messages, message, Netlink.lengthBytes(messages, message));
  }

  public void clear() {
    size = 0;
  }

  boolean isFull() {
    return size == capacity;
  }

  /** Where the next record is to be written; it counts once it was {@link #add added}. */
  long end() {
    return size * FlowRecord.BYTES;
  }

  void add() {
    size++;
  }
}
