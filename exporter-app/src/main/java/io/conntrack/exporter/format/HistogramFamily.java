package io.conntrack.exporter.format;

import io.conntrack.aggregator.state.Timing;

/**
 * The metric families with a histogram for each remote endpoint. In the text formats a histogram
 * has one bucket, which counts all. In protobuf it has the buckets of a native histogram.
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
      "conntrack_duration_seconds",
      "How long connections to the remote host lived. Each is counted when it ends. As"
          + " exact as conntrack_setup_seconds."),
  SETUP(
      Timing.SETUP,
      "conntrack_setup_seconds",
      "How long connections took from their first packet to being established. Exact to"
          + " the microsecond if the kernel stamps events (Linux 6.14,"
          + " nf_conntrack_timestamp=1), else to some milliseconds.");

  final Timing timing;

  /** Name and help have no character that a format escapes. */
  final String name;

  final String help;

  HistogramFamily(Timing timing, String name, String help) {
    this.timing = timing;
    this.name = name;
    this.help = help;
  }
}
