package io.conntrack.exporter.live;

import io.conntrack.exporter.reading.Observation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/**
 * All endpoints at one instant. Immutable.
 *
 * @param time when it was
 * @param seconds since the earlier observation that rates count from; empty if there is none
 */
record LiveState(Instant time, OptionalDouble seconds, List<LiveNamespace> namespaces) {

  /** Joins two observations; the earlier one may be null. */
  static LiveState of(
      Instant time, OptionalDouble seconds, Observation observation, Observation before) {
    List<LiveNamespace> namespaces = new ArrayList<>();
    observation.forEach((name, each) ->
        namespaces.add(
            new LiveNamespace(name, each, before == null ? null : before.namespace(name))));
    return new LiveState(time, seconds, List.copyOf(namespaces));
  }

  /** Of all rows, in the order of the metrics; with {@code netns} if there are other namespaces. */
  List<String> labelNames() {
    List<String> names = namespaces.getFirst().now().labelNames();
    return namespaces.size() == 1
        ? names
        : Stream.concat(names.stream(), Stream.of("netns")).sorted().toList();
  }

  /**
   * What is asked for.
   *
   * @param matching how many endpoints match the filter
   * @param rows the first of them, in order
   */
  record Selection(LiveQuery query, int matching, List<LiveRow> rows) {}

  /** One pass, with no more rows in order than are asked for. */
  Selection select(LiveQuery query) {
    Comparator<LiveRow> order =
        query.ascending() ? query.sort().order() : query.sort().order().reversed();
    PriorityQueue<LiveRow> first = new PriorityQueue<>(order.reversed());
    int[] matching = new int[1];
    namespaces.stream()
        .flatMap(LiveNamespace::rows)
        .filter(query::matches)
        .forEach(row -> {
          matching[0]++;
          if (first.size() < query.limit()) {
            first.add(row);
          } else if (order.compare(row, first.peek()) < 0) {
            first.poll();
            first.add(row);
          }
        });
    return new Selection(query, matching[0], first.stream().sorted(order).toList());
  }
}
