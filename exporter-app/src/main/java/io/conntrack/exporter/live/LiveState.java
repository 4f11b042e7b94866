package io.conntrack.exporter.live;

import io.conntrack.exporter.live.LiveColumn.Ranked;
import io.conntrack.exporter.reading.Observation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * All endpoints and sources at one instant. Immutable but for answers that are kept for the next
 * who asks.
 *
 * @param time when it was
 * @param seconds since the earlier observation that rates count from; empty if there is none
 * @param namespaces the endpoints of each network namespace
 * @param sources the same of sources; empty where these are not counted
 * @param names the name of an address in a label, or null
 * @param answers of queries
 */
record LiveState(
    Instant time,
    OptionalDouble seconds,
    List<LiveNamespace> namespaces,
    List<LiveNamespace> sources,
    UnaryOperator<String> names,
    Map<LiveQuery, String> answers) {
  /** Who asks for odd ones does not fill the heap. */
  private static final int SHARED_ANSWERS = 8;

  /** Joins two observations; the earlier one may be null. */
  static LiveState of(
      Instant time,
      OptionalDouble seconds,
      Observation observation,
      Observation before,
      UnaryOperator<String> names) {
    boolean counted = observation.connections().sources().isPresent();
    return new LiveState(
        time,
        seconds,
        joined(LiveSubject.ENDPOINTS, observation, before),
        counted ? joined(LiveSubject.SOURCES, observation, before) : List.of(),
        names,
        new ConcurrentHashMap<>());
  }

  private static List<LiveNamespace> joined(
      LiveSubject subject, Observation observation, Observation before) {
    List<LiveNamespace> namespaces = new ArrayList<>();
    observation.forEach((name, each) ->
        namespaces.add(
            new LiveNamespace(
                subject, name, each, before == null ? null : before.namespace(name))));
    return List.copyOf(namespaces);
  }

  List<LiveNamespace> namespaces(LiveSubject subject) {
    return subject == LiveSubject.SOURCES ? sources : namespaces;
  }

  /** Of all rows, in the order of the metrics; with {@code netns} if there are other namespaces. */
  List<String> labelNames(LiveSubject subject) {
    List<String> names = namespaces(subject).getFirst().now().labelNames();
    return namespaces.size() == 1
        ? names
        : Stream.concat(names.stream(), Stream.of(LiveNamespace.LABEL)).sorted().toList();
  }

  /** The name of a row's address; empty if it has none. */
  String name(LiveRow row, LiveSubject subject) {
    return Objects.requireNonNullElse(names.apply(row.label(subject.label)), "");
  }

  /** The answer to a query; made only if nobody has asked for the same before. */
  String shared(LiveQuery query, Supplier<String> maker) {
    String answer = answers.get(query);
    if (answer == null) {
      answer = maker.get();
      if (answers.size() < SHARED_ANSWERS) {
        answers.put(query, answer);
      }
    }
    return answer;
  }

  /**
   * What is asked for.
   *
   * @param matching how many match the filter
   * @param rows the first of them, in order
   */
  record Selection(LiveQuery query, int matching, List<LiveRow> rows) {}

  /** One pass, with no more rows in order than are asked for. */
  Selection select(LiveQuery query) {
    Comparator<Ranked> order =
        query.ascending() ? query.sort().order() : query.sort().order().reversed();
    PriorityQueue<Ranked> first = new PriorityQueue<>(order.reversed());
    int matching = 0;
    for (LiveNamespace namespace : namespaces(query.subject())) {
      for (int endpoint = 0; endpoint < namespace.now().endpointCount(); endpoint++) {
        LiveRow row = new LiveRow(namespace, endpoint);
        if (query.matches(row) || query.matches(name(row, query.subject()))) {
          matching++;
          add(row, query, first, order);
        }
      }
    }
    return new Selection(query, matching, first.stream().sorted(order).map(Ranked::row).toList());
  }

  /** Of most rows the numbers tell that they are not among the first. */
  private static void add(
      LiveRow row, LiveQuery query, PriorityQueue<Ranked> first, Comparator<Ranked> order) {
    double now = query.sort().now(row);
    if (first.size() < query.limit()) {
      first.add(query.sort().rank(row, now));
      return;
    }
    int differs = query.sort().compare(row, now, first.peek());
    if (query.ascending() ? differs > 0 : differs < 0) {
      return;
    }
    Ranked ranked = query.sort().rank(row, now);
    if (order.compare(ranked, first.peek()) < 0) {
      first.poll();
      first.add(ranked);
    }
  }
}
