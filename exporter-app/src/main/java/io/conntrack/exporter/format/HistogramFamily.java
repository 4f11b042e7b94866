package io.conntrack.exporter.format;

import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Timing;
import java.util.stream.IntStream;

/**
 * The metric families with a histogram for each remote endpoint. Native buckets are told by
 * protobuf only: without classic ones, the text formats have one bucket, which counts all. Classic
 * buckets end where native ones do, at powers of two, so both are exact.
 *
 * <pre>
 * # TYPE conntrack_setup_seconds histogram
 * conntrack_setup_seconds_bucket{host="10.0.1.5:3306",le="+Inf"} 1260
 * conntrack_setup_seconds_count{host="10.0.1.5:3306"} 1260
 * conntrack_setup_seconds_sum{host="10.0.1.5:3306"} 0.8517
 * </pre>
 */
enum HistogramFamily {
  DURATION(
      Timing.DURATION,
      new int[] {-3, 0, 2, 4, 6, 8, 10, 12, 14, 16, 17},
      "conntrack_duration_seconds",
      "How long connections to the remote host lived. Each is counted when it ends. As"
          + " exact as conntrack_setup_seconds."),
  SETUP(
      Timing.SETUP,
      new int[] {-10, -8, -6, -5, -4, -3, -2, -1, 0, 2, 4, 5},
      "conntrack_setup_seconds",
      "How long connections took from their first packet to being established. Exact to"
          + " the microsecond if the kernel stamps events (Linux 6.14,"
          + " nf_conntrack_timestamp=1), else to some milliseconds.");

  final Timing timing;

  /** The classic buckets end at these powers of two, in seconds. Another one has no end. */
  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final int[] powers;

  /** For each of them the last column that is no longer. */
  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final int[] lastColumns;

  /** Name and help have no character that a format escapes. */
  final String name;

  final String help;

  HistogramFamily(Timing timing, int[] powers, String name, String help) {
    this.timing = timing;
    this.powers = powers;
    this.lastColumns =
        IntStream.range(0, powers.length).map(i -> timing.column(classicBound(i))).toArray();
    this.name = name;
    this.help = help;
  }

  /** Without the one that has no end. */
  int classicBuckets() {
    return powers.length;
  }

  double classicBound(int bucket) {
    return Math.scalb(1.0, powers[bucket]);
  }

  /** For each classic bucket how many are no longer than its end. */
  long[] cumulative(Histograms histograms, int row) {
    long[] counts = new long[powers.length];
    histograms.forEach(
        row,
        (column, count) -> {
          for (int i = 0; i < powers.length; i++) {
            counts[i] += column <= lastColumns[i] ? count : 0;
          }
        });
    return counts;
  }
}
