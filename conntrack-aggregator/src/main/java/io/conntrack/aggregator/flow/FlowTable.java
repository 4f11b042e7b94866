package io.conntrack.aggregator.flow;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Flows by fingerprint: one open-addressing table off the heap, which belongs to the reader.
 *
 * <pre>
 *   slot       0        1        2        3      ...   capacity - 1
 *         +--------+--------+--------+--------+-----+--------+
 *         | entry  | entry  | empty  | entry  |     | empty  |   16 bytes each: {@link FlowEntry}
 *         +--------+--------+--------+--------+-----+--------+
 *
 *   home slot = high 64 bits of (fingerprint * capacity), then linear probing, around the end
 * </pre>
 *
 * <p>The range reduction by multiplication lets the capacity be any number: it grows by a half when
 * four fifths are taken, so that a flow costs at most 16 * 1.5 / 0.8 = 30 bytes. It keeps the order
 * of the fingerprints, so growing copies from front to back. Deletion moves later entries back into
 * the hole, so a probe ends at the first empty slot and nothing is left behind.
 *
 * <p>The key itself is not kept. Two flows with equal fingerprints are counted as one, with the
 * state that was told last. When one of them ends, neither is counted until an event or a resync
 * shows the other again. With n flows at a time the chance of such a pair is n^2 / 2^65: one in 37
 * million for a million flows.
 *
 * <p>Holds flows, and what is left of some that are none: the tombstones of flows that ended while
 * a dump was under way, and, where that is asked for, flows that have expired whose DESTROY is to
 * come. Each kind has a bound of its own. The further words, of 8 bytes, lie apart and move with
 * the entries. Allocates only when it grows or shrinks: an arena for each size, confined to the
 * thread that made the table, whose memory goes back at once.
 */
public final class FlowTable implements AutoCloseable {
  private static final long MIN_CAPACITY_SLOTS = 1024;
  private static final long NO_SLOT = -1;

  private final int wordsPerSlot;
  private final boolean keepsExpired;
  private long maxFlows;
  private long maxTombstones;

  private Arena arena;
  private MemorySegment slots;

  /** Empty without further words. */
  private MemorySegment words;

  private long capacitySlots;

  private long entries;
  private long tombstones;
  private long expired;

  /**
   * An empty table.
   *
   * @param keepsExpired whether {@link #expire} is to be called
   */
  public FlowTable(long maxFlows, long maxTombstones, int wordsPerSlot, boolean keepsExpired) {
    this.wordsPerSlot = wordsPerSlot;
    this.keepsExpired = keepsExpired;
    limit(maxFlows, maxTombstones);
    allocate(MIN_CAPACITY_SLOTS);
  }

  /** Sets how many may be held from now on. What is there stays. */
  public final void limit(long maxFlows, long maxTombstones) {
    this.maxFlows = maxFlows;
    this.maxTombstones = maxTombstones;
  }

  private void allocate(long capacity) {
    Arena next = Arena.ofConfined();
    slots = next.allocate(capacity * FlowEntry.BYTES, FlowEntry.BYTES);
    words = next.allocate(capacity * wordsPerSlot * Long.BYTES, Long.BYTES);
    arena = next;
    capacitySlots = capacity;
  }

  public long flows() {
    return entries - tombstones - expired;
  }

  /** How many more flows may be inserted; none if it is below zero. */
  public long room() {
    return maxFlows - flows();
  }

  public boolean hasRoomForTombstone() {
    return tombstones < maxTombstones;
  }

  public boolean hasRoomForExpired() {
    return expired < maxTombstones;
  }

  public long memoryBytes() {
    return slots.byteSize() + words.byteSize();
  }

  /** The slot of an entry, or a negative number. Valid until something is inserted or removed. */
  public long find(long hash) {
    long fingerprint = fingerprintOf(hash);
    for (long slot = home(fingerprint); ; slot = next(slot)) {
      long found = FlowEntry.fingerprint(slots, slot);
      if (found == fingerprint) {
        return slot;
      }
      if (found == FlowEntry.EMPTY) {
        return NO_SLOT;
      }
    }
  }

  /** Reads where an entry is likely to be, to bring it into the processor's caches. */
  public long touch(long hash) {
    long home = home(fingerprintOf(hash));
    return FlowEntry.fingerprint(slots, home) ^ (wordsPerSlot > 0 ? word(home, 0) : 0);
  }

  /** Whether the first word that {@link #find} reads is the one it looks for. */
  public boolean isAtHome(long hash) {
    long fingerprint = fingerprintOf(hash);
    return FlowEntry.fingerprint(slots, home(fingerprint)) == fingerprint;
  }

  /** The value of an entry of which {@link #isAtHome} is true. */
  public long valueAtHome(long hash) {
    return FlowEntry.value(slots, home(fingerprintOf(hash)));
  }

  /**
   * Adds what {@link #find} did not find and for which there is room, with words at zero. Returns
   * its slot.
   */
  public long insert(long hash, long value) {
    assert FlowEntry.isTombstone(value) ? hasRoomForTombstone() : room() > 0;
    if ((entries + 1) * 5 > capacitySlots * 4) {
      resize(grownCapacity());
    }
    long slot = place(fingerprintOf(hash), value);
    clearWords(slot, 0);
    entries++;
    if (FlowEntry.isTombstone(value)) {
      tombstones++;
    }
    return slot;
  }

  /** Half as much again, but no more than a full table needs, and no less than what is there. */
  private long grownCapacity() {
    long full = slotsFor(maxFlows + (keepsExpired ? 2 : 1) * maxTombstones);
    return Math.max(slotsFor(entries + 1), Math.min(capacitySlots + capacitySlots / 2, full));
  }

  private static long slotsFor(long entries) {
    return entries * 5 / 4 + 1;
  }

  private long place(long fingerprint, long value) {
    long slot = home(fingerprint);
    while (!isEmpty(slot)) {
      slot = next(slot);
    }
    FlowEntry.fingerprint(slots, slot, fingerprint);
    FlowEntry.value(slots, slot, value);
    return slot;
  }

  /** What {@link #find} finds the entry by. */
  public long fingerprint(long slot) {
    return FlowEntry.fingerprint(slots, slot);
  }

  public long value(long slot) {
    return FlowEntry.value(slots, slot);
  }

  /** Changes a flow into itself with another state, endpoint or epoch. */
  public void replace(long slot, long value) {
    assert !isEmpty(slot) && !FlowEntry.isTombstone(value(slot)) && !FlowEntry.isTombstone(value);
    FlowEntry.value(slots, slot, value);
  }

  /** Turns a flow into its rest, if there is room. */
  public void expire(long slot, long value) {
    assert hasRoomForExpired() && FlowEntry.isExpired(value);
    FlowEntry.value(slots, slot, value);
    expired++;
  }

  /** Makes it a flow again. */
  public void revive(long slot, long value) {
    assert FlowEntry.isExpired(value(slot));
    expired--;
    FlowEntry.value(slots, slot, value);
  }

  /** One of the further words of an entry. */
  public long word(long slot, int word) {
    return words.getAtIndex(JAVA_LONG, slot * wordsPerSlot + word);
  }

  public void word(long slot, int word, long value) {
    words.setAtIndex(JAVA_LONG, slot * wordsPerSlot + word, value);
  }

  /** Sets the words from {@code first} on to zero. */
  public void clearWords(long slot, int first) {
    for (int word = first; word < wordsPerSlot; word++) {
      word(slot, word, 0);
    }
  }

  private void copyWords(MemorySegment from, long fromSlot, long toSlot) {
    for (int word = 0; word < wordsPerSlot; word++) {
      word(toSlot, word, from.getAtIndex(JAVA_LONG, fromSlot * wordsPerSlot + word));
    }
  }

  /** Removes an entry. The slot is then empty, or holds another entry, which stood further on. */
  public void remove(long slot) {
    entries--;
    if (FlowEntry.isTombstone(value(slot))) {
      tombstones--;
    } else if (FlowEntry.isExpired(value(slot))) {
      expired--;
    }
    closeGap(slot);
  }

  /** Moves back what was pushed on past the gap, until there is nothing more to move. */
  private void closeGap(long gap) {
    for (long slot = next(gap); !isEmpty(slot); slot = next(slot)) {
      long fingerprint = FlowEntry.fingerprint(slots, slot);
      if (distance(home(fingerprint), slot) >= distance(gap, slot)) {
        FlowEntry.fingerprint(slots, gap, fingerprint);
        FlowEntry.value(slots, gap, value(slot));
        copyWords(words, slot, gap);
        gap = slot;
      }
    }
    FlowEntry.fingerprint(slots, gap, FlowEntry.EMPTY);
  }

  /** The slots are numbered from 0 to this; for walks over the whole table. */
  public long capacitySlots() {
    return capacitySlots;
  }

  public boolean isEmpty(long slot) {
    return FlowEntry.fingerprint(slots, slot) == FlowEntry.EMPTY;
  }

  /** Gives memory back when less than a fifth is taken. Invalidates slots. */
  public void shrink() {
    if (entries * 5 < capacitySlots && capacitySlots > MIN_CAPACITY_SLOTS) {
      resize(Math.max(MIN_CAPACITY_SLOTS, entries * 5 / 2));
    }
  }

  private void resize(long capacity) {
    Arena oldArena = arena;
    MemorySegment oldSlots = slots;
    MemorySegment oldWords = words;
    long oldCapacity = capacitySlots;
    allocate(capacity);
    for (long slot = 0; slot < oldCapacity; slot++) {
      long fingerprint = FlowEntry.fingerprint(oldSlots, slot);
      if (fingerprint != FlowEntry.EMPTY) {
        copyWords(oldWords, slot, place(fingerprint, FlowEntry.value(oldSlots, slot)));
      }
    }
    oldArena.close();
  }

  private static long fingerprintOf(long hash) {
    return hash == FlowEntry.EMPTY ? 1 : hash;
  }

  private long home(long fingerprint) {
    return Math.unsignedMultiplyHigh(fingerprint, capacitySlots);
  }

  private long next(long slot) {
    return slot + 1 == capacitySlots ? 0 : slot + 1;
  }

  /** How many steps of a probe lead from one slot to another. */
  private long distance(long from, long to) {
    return to >= from ? to - from : to - from + capacitySlots;
  }

  @Override
  public void close() {
    arena.close();
  }
}
