package io.conntrack.exporter.live;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.aggregator.state.Traffic;
import io.conntrack.exporter.reading.Observation;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The endpoints, or sources, of one network namespace at one instant, beside an earlier one.
 * Immutable.
 *
 * <p>What an endpoint counted between the two is its count now without that of earlier. An endpoint
 * that began in between counts from zero.
 */
final class LiveNamespace {
  /** The label that tells namespaces apart, as metrics have it. */
  static final String LABEL = "netns";

  private static final int NEW = -1;

  private final String name;
  private final Observation observation;
  private final Snapshot now;

  /** Null if there is none. */
  private final Snapshot before;

  /** For each endpoint its number in the earlier snapshot, or {@link #NEW}. */
  private final int[] earlier;

  /**
   * Joins two observations by the endpoints' labels.
   *
   * @param subject whether endpoints or sources
   * @param name empty for the own namespace
   * @param before null if there is no earlier one
   */
  LiveNamespace(LiveSubject subject, String name, Observation observation, Observation before) {
    this.name = name;
    this.observation = observation;
    this.now = subject.counts(observation);
    this.before = before == null ? null : subject.counts(before);
    this.earlier = before == null ? new int[0] : joined();
  }

  /**
   * Most endpoints follow each other in both snapshots as they did before, so the map that finds
   * the others is seldom needed.
   */
  private int[] joined() {
    int[] numbers = new int[now.endpointCount()];
    Map<String, Integer> found = null;
    int expected = 0;
    for (int i = 0; i < numbers.length; i++) {
      String labels = now.labels(i);
      int number = expected;
      if (expected >= before.endpointCount() || !before.labels(expected).equals(labels)) {
        found = found == null ? numbersBefore() : found;
        number = found.getOrDefault(labels, NEW);
      }
      boolean same = number != NEW && before.begunS(number) == now.begunS(i);
      numbers[i] = same ? number : NEW;
      expected = number == NEW ? expected : number + 1;
    }
    return numbers;
  }

  private Map<String, Integer> numbersBefore() {
    Map<String, Integer> numbers = HashMap.newHashMap(before.endpointCount());
    for (int i = 0; i < before.endpointCount(); i++) {
      numbers.put(before.labels(i), i);
    }
    return numbers;
  }

  String name() {
    return name;
  }

  Observation observation() {
    return observation;
  }

  Snapshot now() {
    return now;
  }

  private boolean isNew(int endpoint) {
    return before == null || earlier[endpoint] == NEW;
  }

  /** How many more there are than earlier. */
  long more(int endpoint, Outcome outcome) {
    long is = now.outcomes(endpoint, outcome);
    return is == 0 || isNew(endpoint) ? is : is - before.outcomes(earlier[endpoint], outcome);
  }

  /** 0 if the kernel does not tell. */
  long more(int endpoint, Traffic what) {
    if (!now.hasTraffic()) {
      return 0;
    }
    boolean counted = !isNew(endpoint) && before.hasTraffic();
    return now.traffic(endpoint, what) - (counted ? before.traffic(earlier[endpoint], what) : 0);
  }

  /** The median of the times that were taken since earlier, in seconds. NaN if there is none. */
  double medianSetup(int endpoint) {
    if (!now.hasTimes()) {
      return Double.NaN;
    }
    long[] counts = new long[Timing.SETUP.columns];
    now.times(Timing.SETUP).forEach(endpoint, (column, count) -> counts[column] += count);
    if (!isNew(endpoint)) {
      before
          .times(Timing.SETUP)
          .forEach(earlier[endpoint], (column, count) -> counts[column] -= count);
    }
    return median(counts);
  }

  private static double median(long... counts) {
    long all = IntStream.range(0, counts.length).mapToLong(i -> counts[i]).sum();
    long below = 0;
    for (int column = 0; column < counts.length; column++) {
      below += counts[column];
      if (all > 0 && 2 * below >= all) {
        return Timing.SETUP.end(column);
      }
    }
    return Double.NaN;
  }
}
