package io.conntrack.aggregator.census;

import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;

/**
 * A number for each of some hashes, off the heap: a {@link FlowTable} whose endpoints are the
 * numbers. What one dump does not show is forgotten at its end. 30 bytes each at most. Belongs to
 * the thread that made it.
 */
final class NumberTable implements AutoCloseable {
  static final long NO_SLOT = -1;

  private final FlowTable table;
  private int dump;

  NumberTable(long mostNumbers) {
    table = new FlowTable(mostNumbers, 0, 0, false);
  }

  void limit(long mostNumbers) {
    table.limit(mostNumbers, 0);
  }

  /** A dump begins, which has shown nothing yet. */
  void begin() {
    dump = (dump + 1) % FlowEntry.EPOCHS;
  }

  /** The slot of a hash, or {@link #NO_SLOT}. Valid until another number is added. */
  long find(long hash) {
    long slot = table.find(hash);
    return slot < 0 ? NO_SLOT : slot;
  }

  /** Adds a number that this dump shows, if there is room. */
  void add(long hash, int number) {
    if (table.room() > 0) {
      table.insert(hash, value(number, 0));
    }
  }

  int number(long slot) {
    return FlowEntry.endpoint(table.value(slot));
  }

  /** Whether this dump has shown it. */
  boolean isShown(long slot) {
    return FlowEntry.epoch(table.value(slot)) == dump;
  }

  /** This dump shows the hash, with a number and a mark from 0 to 9. */
  void show(long slot, int number, int mark) {
    table.replace(slot, value(number, mark));
  }

  private long value(int number, int mark) {
    return FlowEntry.valueOf(number, mark, dump);
  }

  /** The dump is complete: forgets what it has not shown. Invalidates slots. */
  void end() {
    long slot = 0;
    while (slot < table.capacitySlots()) {
      if (table.isEmpty(slot) || isShown(slot)) {
        slot++;
      } else {
        table.remove(slot); // another one may have moved into the slot
      }
    }
    table.shrink();
  }

  /** The slots are numbered from 0 to this. */
  long slots() {
    return table.capacitySlots();
  }

  /** The mark in a slot; 0 if there is none, or no number. */
  int mark(long slot) {
    return table.isEmpty(slot) ? 0 : FlowEntry.tcpState(table.value(slot));
  }

  /** What finds the number again. */
  long hash(long slot) {
    return table.fingerprint(slot);
  }

  @Override
  public void close() {
    table.close();
  }
}
