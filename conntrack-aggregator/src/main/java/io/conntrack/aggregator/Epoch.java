package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.FlowEntry;

/**
 * The resync that is under way, or was the last: which flows it has shown, and what that proves.
 * Belongs to the reader.
 *
 * <p>A flow that a complete dump lacks is gone, unless the kernel's hash table was resized while it
 * was walked. Then a dump may lack half of all flows, and says that it is complete. So an epoch
 * that may be such a one is doubtful, and removes only flows that the complete epoch before it
 * lacked too. The rest is put off.
 */
final class Epoch {
  /** A bucket that the dump walks again, since the entry where it paused is gone, has few. */
  private static final long FEW_SEEN_AGAIN = 64;

  private int number;
  private boolean open;
  private boolean spoiled;

  /** The last one whose dump was complete. */
  private int complete;

  /** Flows were absent from the last one and stayed all the same. */
  private boolean doubted;

  private long events;
  private long seenAgain;
  private long added;
  private long changed;
  private long untracked;
  private long putOff;
  private long averted;

  void open() {
    if (open) {
      throw new IllegalStateException(
          "openEpoch: epoch=" + number + " is still open; close or abandon it first");
    }
    number = (number + 1) % FlowEntry.EPOCHS;
    open = true;
    spoiled = false;
    events = 0;
    seenAgain = 0;
    added = 0;
    changed = 0;
    untracked = 0;
  }

  boolean isOpen() {
    return open;
  }

  int number() {
    return number;
  }

  void require(String call) {
    if (!open) {
      throw new IllegalStateException(
          call + ": no epoch is open, the last was epoch=" + number + "; call openEpoch first");
    }
  }

  void event() {
    events++;
  }

  /** More flows ended than can be kept in mind. */
  void spoil() {
    spoiled = true;
  }

  boolean isSpoiled() {
    return spoiled;
  }

  /** A dump entry shows a flow that is not in the table, and that found room there or not. */
  void added(boolean there) {
    added += there ? 1 : 0;
    untracked += there ? 0 : 1;
  }

  /**
   * A dump entry shows a known flow. Returns whether it is the first message of it in this epoch.
   */
  boolean dumped(long value) {
    if (FlowEntry.epoch(value) == number) {
      seenAgain++;
      return false;
    }
    averted += doubted && age(FlowEntry.epoch(value)) > 1 ? 1 : 0;
    return true;
  }

  void corrected(boolean differs) {
    changed += differs ? 1 : 0;
  }

  boolean sawTwice() {
    return seenAgain > events + FEW_SEEN_AGAIN;
  }

  /** Whether nothing has shown this flow in this epoch. */
  boolean lacks(long value) {
    return FlowEntry.isFlow(value) && FlowEntry.epoch(value) != number;
  }

  /** Whether a flow is gone at the clean end of this epoch. One that is lacked and stays counts. */
  boolean removes(long value, boolean doubtful) {
    if (FlowEntry.epoch(value) == number) {
      return false;
    }
    boolean stays = doubtful && age(FlowEntry.epoch(value)) <= age(complete);
    putOff += stays ? 1 : 0;
    doubted |= stays;
    return !stays;
  }

  private int age(int epoch) {
    return (number - epoch) & (FlowEntry.EPOCHS - 1);
  }

  /** Ends it; to be called before flows are asked whether they are removed. */
  void end() {
    open = false;
    doubted = false;
  }

  /** It has ended clean; to be called after flows were asked. */
  void completed() {
    complete = number;
  }

  /** It has ended without a removal, since the table was resized: so many flows were not shown. */
  void resized(long absent) {
    putOff += absent;
    doubted = true;
  }

  boolean isDoubted() {
    return doubted;
  }

  /**
   * Whether nothing has changed since the epoch was opened, by events, and its dump showed all that
   * there is.
   */
  boolean isLastWord() {
    return !open && complete == number && !doubted && events == 0 && untracked == 0;
  }

  long untracked() {
    return untracked;
  }

  long takePutOff() {
    long count = putOff;
    putOff = 0;
    return count;
  }

  long takeAverted() {
    long count = averted;
    averted = 0;
    return count;
  }

  EpochResult result(long removed, long room) {
    boolean roomNow = !spoiled && untracked > 0 && untracked <= room;
    return new EpochResult(added, changed, removed, untracked, roomNow, !spoiled);
  }
}
