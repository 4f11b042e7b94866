package io.conntrack.aggregator.state;

/**
 * The times that are taken of connections, and how finely, by the buckets of a Prometheus native
 * histogram. Bucket {@code i} of a schema {@code s} holds what is longer than {@code 2^((i - 1) /
 * 2^s)} seconds and not longer than {@code 2^(i / 2^s)}.
 *
 * <pre>
 *   column   0             1                       2          ...   columns - 1
 *          +-------------+-----------------------+----------+-----+---------------------+
 *          | up to 2^low | the first bucket after | the next | ... | up to 2^high, and all |
 *          | (no bucket) |                       |          |     | that is longer      |
 *          +-------------+-----------------------+----------+-----+---------------------+
 * </pre>
 */
public enum Timing {
  /** How long a connection that ended had lived: 1 ms to 194 days, to within a fifth. */
  DURATION(1, -10, 24),

  /** From its first packet to being established: 8 us to 256 s, to within a tenth. */
  SETUP(2, -17, 8);

  private static final double NS_PER_SECOND = 1e9;

  public final int schema;
  private final int low;

  /** How many counts there are. */
  public final int columns;

  /** Where the buckets within a power of two end, as parts of it: 1 is the first. */
  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final double[] ends;

  Timing(int schema, int low, int high) {
    this.schema = schema;
    this.low = low;
    this.ends = new double[1 << schema];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = Math.pow(2, (double) i / ends.length);
    }
    this.columns = 1 + (high - low) * ends.length;
  }

  /** What is counted in no bucket is no longer than this, in seconds. */
  public double zeroThreshold() {
    return Math.scalb(1.0, low);
  }

  /** What is counted in a column is no longer than this, in seconds. The last column has no end. */
  public double end(int column) {
    return column == columns - 1
        ? Double.POSITIVE_INFINITY
        : Math.pow(2, (double) bucket(column) / ends.length);
  }

  /** The number that Prometheus gives to a column's bucket; the first column has none. */
  public int bucket(int column) {
    return low * ends.length + column;
  }

  /** The column of a time. Allocates nothing. */
  public int column(double seconds) {
    if (seconds <= zeroThreshold()) {
      return 0;
    }
    int power = Math.getExponent(seconds);
    double part = Math.scalb(seconds, -power);
    int bucket = power * ends.length;
    for (int i = 0; i < ends.length && part > ends[i]; i++) {
      bucket++;
    }
    return Math.min(bucket - low * ends.length, columns - 1);
  }

  public static double seconds(long ns) {
    return ns / NS_PER_SECOND;
  }
}
