package io.conntrack.packaging.random;

import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackEntry;
import io.conntrack.testbed.ConntrackTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Waits until the program shows what is true: gauges as conntrack(8) lists the table, counters as
 * the model has them.
 */
final class Check {
  private static final long REREAD_NS = Duration.ofSeconds(2).toNanos();

  private final World world;

  /** What counters were at the last check: none goes back. */
  private Map<Counted, Long> before = Map.of();

  private final Map<Place, Map<Series, Connections>> expected = new HashMap<>();

  Check(World world) {
    this.world = world;
  }

  /** Nothing that is wrong is left within the limit, or a {@link Finding} says what is. */
  void await(Duration limit) {
    readTables();
    long begunNs = System.nanoTime();
    long readNs = begunNs;
    while (true) {
      Shown shown = Shown.of(world.program.awaitScrape());
      Map<String, String> wrong = wrong(shown);
      if (wrong.isEmpty()) {
        before = shown.counters();
        inView().forEach(place -> place.settle(shown.counters()));
        return;
      }
      if (System.nanoTime() - begunNs > limit.toNanos()) {
        throw new Finding(wrong);
      }
      if (System.nanoTime() - readNs > REREAD_NS) {
        readTables();
        readNs = System.nanoTime();
      }
      World.rest();
    }
  }

  private Iterable<Place> inView() {
    return world.places.stream().filter(place -> place.inView).toList();
  }

  private void readTables() {
    for (Place place : inView()) {
      ConntrackTable table = place.table();
      Set<Place.Id> ids = Place.ids(table);
      if (place.full) {
        place.dropMissing(ids);
      }
      if (!ids.equals(place.lives.keySet())) {
        Set<Place.Id> difference = new HashSet<>(place.lives.keySet());
        difference.removeAll(ids);
        ids.removeAll(place.lives.keySet());
        throw new IllegalStateException(
            "the model has lost its way: not in the table " + difference + ", not known " + ids);
      }
      expected.put(place, gauges(place.witness, table));
    }
  }

  /** What a table adds to each series. */
  static Map<Series, Connections> gauges(Witness witness, ConntrackTable table) {
    Map<Series, Connections> gauges = new HashMap<>();
    for (ConntrackEntry entry : table.entries()) {
      witness
          .series(entry)
          .ifPresent(series -> gauges.merge(series, Witness.gauges(entry), Connections::plus));
    }
    return gauges;
  }

  private Map<String, String> wrong(Shown shown) {
    Map<String, String> wrong = new TreeMap<>();
    Set<String> netns = new TreeSet<>();
    for (Place place : inView()) {
      netns.add(place.netns);
      long lost = shown.health(place, "conntrack_exporter_events_lost_total");
      if (lost != place.lost) {
        place.lose(lost - place.lost, world.step());
        place.lost = lost;
      }
      gauges(place, shown, wrong);
      counters(place, shown, wrong);
      health(place, shown, wrong);
    }
    shown.gauges().keySet().stream()
        .filter(series -> !netns.contains(series.netns()))
        .forEach(series -> wrong.put(series.toString(), "shown, though its namespace is gone"));
    return wrong;
  }

  private void gauges(Place place, Shown shown, Map<String, String> wrong) {
    gauges(expected.get(place), place.netns, shown, wrong);
    Series other = Series.other(place.netns);
    Connections shownOther = shown.gauges().getOrDefault(other, Connections.NO);
    if (world.setup.isRoomy() && shownOther.open() > 0) {
      wrong.put(other + " open", shownOther + ", though there is room for all");
    }
  }

  /** Series that are expected and not shown have to be in {@code other}. */
  static void gauges(
      Map<Series, Connections> expected, String netns, Shown shown, Map<String, String> wrong) {
    Map<Series, Connections> rest = new HashMap<>(expected);
    shown
        .gauges()
        .forEach((series, connections) -> {
          if (series.netns().equals(netns) && !series.isOther()) {
            Connections right = rest.remove(series);
            compare(series, connections, right == null ? Connections.NO : right, wrong);
          }
        });
    Series other = Series.other(netns);
    Connections sum = rest.values().stream().reduce(Connections.NO, Connections::plus);
    compare(other, shown.gauges().getOrDefault(other, Connections.NO), sum, wrong);
  }

  private static void compare(
      Series series, Connections shown, Connections right, Map<String, String> wrong) {
    if (!shown.equals(right)) {
      wrong.put(series + " gauges", shown + " instead of " + right);
    }
  }

  /** Each counter of its own, as far as there is room for all; and the sums, in any case. */
  private void counters(Place place, Shown shown, Map<String, String> wrong) {
    Map<String, Long> sums = new TreeMap<>();
    Map<Counted, Long> all = new HashMap<>(place.counted);
    shown
        .counters()
        .forEach((counter, value) -> {
          if (counter.series().netns().equals(place.netns)) {
            all.putIfAbsent(counter, 0L);
            sums.merge(counter.what(), value, Long::sum);
            if (value < before.getOrDefault(counter, 0L) && place.lost == 0) {
              wrong.put(counter + " went back", value + " after " + before.get(counter));
            }
          }
        });
    place.counted.forEach((counter, value) -> sums.merge(counter.what(), -value, Long::sum));
    all.forEach((counter, value) -> counter(place, counter, value, shown, wrong));
    sums.forEach((what, difference) -> {
      if (Math.abs(difference) > place.tolerance) {
        wrong.put(
            "sum of " + what + " in namespace '" + place.netns + "'",
            "%+d, tolerance %d".formatted(difference, place.tolerance));
      }
    });
  }

  private void counter(
      Place place, Counted counter, long right, Shown shown, Map<String, String> wrong) {
    long difference = shown.counters().getOrDefault(counter, 0L) - right;
    boolean mayLack =
        counter.series().isOther()
            || !world.setup.isRoomy()
            || place.ofClients.contains(counter.series());
    boolean mayExceed = counter.series().isOther();
    if ((difference > place.tolerance && !mayExceed)
        || (difference < -place.tolerance && !mayLack)) {
      wrong.put(
          counter.toString(),
          "%+d of %d, tolerance %d".formatted(difference, right, place.tolerance));
    }
  }

  private void health(Place place, Shown shown, Map<String, String> wrong) {
    Map<String, Long> right = new TreeMap<>();
    right.put("conntrack_exporter_in_sync", 1L);
    right.put("conntrack_exporter_undecodable_messages_total", 0L);
    right.put("conntrack_exporter_flows_untracked", 0L);
    long counted =
        shown.gauges().entrySet().stream()
            .filter(each -> each.getKey().netns().equals(place.netns))
            .mapToLong(each -> each.getValue().total())
            .sum();
    right.put("conntrack_exporter_flows{kind=counted}", counted);
    if (place.netns.isEmpty()) {
      right.put("conntrack_exporter_reader_failures_total", world.failures);
    }
    right.forEach((metric, value) -> {
      if (shown.health(place, metric) != value) {
        wrong.put(metric + " " + place.netns, shown.health(place, metric) + " instead of " + value);
      }
    });
  }
}
