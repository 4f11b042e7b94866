package io.conntrack.aggregator.budget;

import java.util.BitSet;

/**
 * Tells whether more endpoints of one kind come than there is room for. A contention begins with
 * the first refusal. It ends after a time in which all endpoints would have found room. Belongs to
 * the reader.
 *
 * <p>The number of different endpoints that were refused follows from how many bits their hashes
 * leave unset (linear counting: Whang and others, 1990).
 */
final class Contention {
  private static final int MIN_BITS = 1 << 10;
  private static final int MAX_BITS = 1 << 20;

  private final int bits;
  private final BitSet refused;
  private boolean present;
  private long sinceMs;

  Contention(int maxEndpoints) {
    bits = Math.clamp(2L * Integer.highestOneBit(maxEndpoints), MIN_BITS, MAX_BITS);
    refused = new BitSet(bits);
  }

  boolean isPresent() {
    return present;
  }

  /** An endpoint was refused, of which this is a hash. */
  void refused(long hash, long nowMs) {
    if (!present) {
      begin(nowMs);
    }
    refused.set((int) hash & (bits - 1));
  }

  private void begin(long nowMs) {
    present = true;
    sinceMs = nowMs;
    refused.clear();
  }

  /**
   * At a clean end of an epoch.
   *
   * @param room for endpoints of this kind
   * @param spanMs how long an endpoint takes room at least
   */
  void endEpoch(int room, long spanMs, long nowMs) {
    if (present && nowMs - sinceMs >= spanMs) {
      boolean fits = countRefused() <= room;
      begin(nowMs);
      present = !fits;
    }
  }

  private double countRefused() {
    return -bits * Math.log1p(-(double) refused.cardinality() / bits);
  }
}
