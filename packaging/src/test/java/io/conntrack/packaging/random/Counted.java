package io.conntrack.packaging.random;

/**
 * A counter.
 *
 * @param what {@code opened}, or the reason of a failure or an end: {@code failed evicted}
 */
record Counted(Series series, String what) {
  Counted at(Series other) {
    return new Counted(other, what);
  }
}
