package io.conntrack.aggregator.budget;

import io.conntrack.aggregator.remote.EndpointKey;

/**
 * The heaviest of the endpoints that have no room, and about how many connections each had on
 * average over the last minutes. Belongs to the reader.
 *
 * <p>Any number of endpoints can come, but there is room for a few. A newcomer has eight places,
 * those of its bucket. It is compared with the lightest endpoint there, and both lose the score of
 * the lighter one (Misra and Gries, "Finding repeated elements", 1982, in buckets as hardware has
 * them). So a score is never too high, and a score well above most others loses little.
 *
 * <p>In an epoch each connection of such an endpoint is refused at least once. So the scores are a
 * mean that follows slowly: see {@link #openEpoch}.
 */
public final class Candidates {
  private static final int MIN_CAPACITY = 64;
  private static final int MAX_CAPACITY = 8192;
  private static final int BUCKET = 8;
  private static final int WORDS = 6;

  private final int capacity;

  /** Keyed hashes, which stand for the keys. The chance that two are equal is 2^-64. */
  private final long[] hashes;

  /** Zero: the place is free. */
  private final float[] scores;

  /** The number of the epoch in which the candidate was refused last. */
  private final int[] seen;

  private final int[] kinds;
  private final long[] keys;

  private int epoch;
  private float share;

  /** {@code maxEndpoints}: no more candidates than that are of use. */
  Candidates(int maxEndpoints) {
    capacity = Math.clamp(Integer.highestOneBit(maxEndpoints), MIN_CAPACITY, MAX_CAPACITY);
    hashes = new long[capacity];
    scores = new float[capacity];
    seen = new int[capacity];
    kinds = new int[capacity];
    keys = new long[capacity * WORDS];
  }

  /**
   * From now on each refused connection adds {@code share} to its endpoint's score. The score until
   * now is weighted by the rest. {@link EndpointBudget#share} says why.
   */
  void openEpoch(float share) {
    this.share = share;
    epoch++;
    for (int i = 0; i < capacity; i++) {
      scores[i] *= 1 - share;
    }
  }

  /** A connection of an endpoint was refused in the epoch. */
  void refused(EndpointKey key, long hash, int kind) {
    int bucket = (int) (hash >>> Integer.SIZE) & (capacity - BUCKET);
    int lightest = bucket;
    for (int i = bucket; i < bucket + BUCKET; i++) {
      if (hashes[i] == hash && scores[i] > 0) {
        scores[i] += share;
        seen[i] = epoch;
        return;
      }
      lightest = scores[i] < scores[lightest] ? i : lightest;
    }
    float lost = Math.min(share, scores[lightest]);
    for (int i = bucket; i < bucket + BUCKET; i++) {
      scores[i] -= lost;
    }
    if (share > lost) {
      set(lightest, key, hash, kind);
      scores[lightest] = share - lost;
    }
  }

  private void set(int candidate, EndpointKey key, long hash, int kind) {
    hashes[candidate] = hash;
    seen[candidate] = epoch;
    kinds[candidate] = kind;
    int at = candidate * WORDS;
    keys[at] = key.addressHigh;
    keys[at + 1] = key.addressLow;
    keys[at + 2] = key.details;
    keys[at + 3] = key.serviceHigh;
    keys[at + 4] = key.serviceLow;
    keys[at + 5] = key.servicePort;
  }

  /** The endpoints with a refused connection in the last epoch, the heaviest first. */
  int[] heaviestFirst() {
    WeightOrder order = new WeightOrder();
    for (int i = 0; i < capacity; i++) {
      if (scores[i] > 0 && seen[i] == epoch) {
        order.add(scores[i], i);
      }
    }
    return order.heaviestFirst();
  }

  public float score(int candidate) {
    return scores[candidate];
  }

  public int kind(int candidate) {
    return kinds[candidate];
  }

  /** Fills in the candidate's key. */
  public void key(int candidate, EndpointKey key) {
    int at = candidate * WORDS;
    key.set(keys[at], keys[at + 1], keys[at + 2]);
    key.setService(keys[at + 3], keys[at + 4], (int) keys[at + 5]);
  }

  /** It is a candidate no more. */
  public void remove(int candidate) {
    scores[candidate] = 0;
  }
}
