package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.KeyedHash;
import io.conntrack.aggregator.remote.RuleAction;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;

/**
 * More endpoints than there is room for, whose numbers of connections rise and fall over hours;
 * events in their order and dumps, of which some are abandoned. The same seed gives the same steps.
 *
 * <p>What is checked after every step: a series has all connections of its endpoint, or none if the
 * endpoint has left; the rest is in {@code other}; and counters only rise, once each time.
 */
final class BudgetSimulation implements AutoCloseable {
  /** What a sequence ought to meet now and then, or it proves nothing. */
  enum Met {
    CAME_IN,
    LEFT,
    LEFT_AND_OPEN_STILL,
    LEFT_BEFORE_AN_ABANDONED_EPOCH,
    CAME_BACK,
    GROUP_SUMMED,
    ALL_HAVE_ROOM
  }

  private static final String HERE = "10.0.0.1";
  private static final String GROUP = "group";
  private static final int ENDPOINTS = 12;
  private static final int CLIENTS = 6;
  private static final int GROUPED = 2;
  private static final int MOST_CONNECTIONS = 15;
  private static final long MINUTE_MS = 60_000;

  private final Random random;
  private final int budget;
  private final FlowTracker tracker;

  /** By endpoint: how many connections it tends to. */
  private final int[] wanted = new int[ENDPOINTS];

  private final boolean[][] live = new boolean[ENDPOINTS][MOST_CONNECTIONS];
  private final Queue<int[]> dump = new ArrayDeque<>();
  private final LeftEndpoints left = new LeftEndpoints();
  private final Set<String> onceLeft = new HashSet<>();
  private final Set<Met> met = EnumSet.noneOf(Met.class);
  private Map<String, Long> opened = Map.of();
  private long openedInAll;
  private long lostWithSeries;
  private long nowMs;
  private long lastLeftMs = -MINUTE_MS;

  BudgetSimulation(long seed) {
    random = new Random(KeyedHash.mixed(seed));
    budget = 1 + random.nextInt(9);
    tracker =
        new FlowTracker(
            new TrackerOptions(
                1_000,
                budget,
                random.nextBoolean() ? 0 : random.nextInt(5 * (int) MINUTE_MS),
                EndpointOptions.HOST_ALONE,
                IgnoredHosts.NONE));
    tracker.localAddresses(Flows.local(HERE));
    Network grouped = new Network(0, Flows.low("10.2.0.0"), 96 + 24, Network.ANY_PORT);
    tracker.endpointRules(
        new EndpointRules(
            List.of(
                new EndpointRule(
                    List.of(grouped),
                    List.of(),
                    Set.of(),
                    List.of(),
                    RuleAction.Group.named(GROUP)))));
  }

  Set<Met> met() {
    return met;
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      check();
    }
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 1) {
      wanted[random.nextInt(ENDPOINTS)] = random.nextInt(3) * random.nextInt(6);
    } else if (choice < 50) {
      change(random.nextInt(ENDPOINTS), random.nextInt(MOST_CONNECTIONS));
    } else if (choice < 52) {
      nowMs += random.nextInt(2 * (int) MINUTE_MS);
      tracker.clock(nowMs);
    } else if (!tracker.epochOpen()) {
      open();
    } else if (choice < 53 && random.nextInt(8) == 0) {
      abandon();
    } else if (dump.isEmpty()) {
      tracker.closeEpoch();
    } else {
      for (int i = random.nextInt(20); i >= 0 && !dump.isEmpty(); i--) {
        int[] entry = dump.remove();
        if (live[entry[0]][entry[1]]) {
          tracker.onDumpEntry(flow(entry[0], entry[1]));
        }
      }
    }
  }

  private void change(int endpoint, int connection) {
    int open = open(endpoint);
    if (live[endpoint][connection] && open > wanted[endpoint]) {
      tracker.onDestroy(flow(endpoint, connection));
      live[endpoint][connection] = false;
    } else if (live[endpoint][connection]) {
      tracker.onUpdate(flow(endpoint, connection));
    } else if (open < wanted[endpoint]) {
      tracker.onNew(flow(endpoint, connection));
      live[endpoint][connection] = true;
      openedInAll++;
    }
  }

  private int open(int endpoint) {
    int open = 0;
    for (boolean each : live[endpoint]) {
      open += each ? 1 : 0;
    }
    return open;
  }

  private void open() {
    List<int[]> entries = new ArrayList<>();
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
      for (int connection = 0; connection < MOST_CONNECTIONS; connection++) {
        entries.add(new int[] {endpoint, connection});
      }
    }
    Collections.shuffle(entries, random);
    dump.addAll(entries);
    Map<String, String> before = shown();
    tracker.openEpoch();
    checkWhoLeft(left.epochOpened(before, shown()));
  }

  private void checkWhoLeft(Set<String> leaving) {
    if (!leaving.isEmpty()) {
      assertThat(leaving).hasSize(1).doesNotContain(GROUP);
      assertThat(nowMs - lastLeftMs).isGreaterThanOrEqualTo(MINUTE_MS);
      assertThat(tracker.takeMovedOut()).isEqualTo(1);
      lastLeftMs = nowMs;
      onceLeft.addAll(leaving);
      met.add(Met.LEFT);
    }
  }

  private void abandon() {
    dump.clear();
    tracker.abandonEpoch();
    if (expected().keySet().stream().anyMatch(left::contains)) {
      met.add(Met.LEFT_BEFORE_AN_ABANDONED_EPOCH);
    }
  }

  private Map<String, String> shown() {
    return Snapshots.byLabels(tracker.snapshot(nowMs));
  }

  /** How many connections each endpoint has, of those that have any. */
  private Map<String, Integer> expected() {
    Map<String, Integer> open = new HashMap<>();
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
      if (open(endpoint) > 0) {
        open.merge(host(endpoint), open(endpoint), Integer::sum);
      }
    }
    return open;
  }

  private void check() {
    assertThat(tracker.recountAgrees()).isTrue();
    Snapshot snapshot = tracker.snapshot(nowMs);
    Map<String, String> shown = Snapshots.byLabels(snapshot);
    assertThat(shown).hasSizeLessThanOrEqualTo(budget + 1);
    left.shown(shown.keySet());
    int rest = 0;
    Map<String, Integer> expected = expected();
    for (Map.Entry<String, Integer> each : expected.entrySet()) {
      boolean own = shown.containsKey(each.getKey()) && !left.contains(each.getKey());
      rest += own ? 0 : each.getValue();
    }
    int other = rest;
    shown.forEach((host, connections) -> {
      int own = left.contains(host) ? 0 : expected.getOrDefault(host, 0);
      int open = host.equals("other") ? other : own;
      assertThat(connections).as(host).isEqualTo("0 " + open + " 0 0");
    });
    assertThat(shown.containsKey("other") || rest == 0).as("other").isTrue();
    checkCounters(snapshot);
    meet(shown.keySet(), expected);
  }

  private void meet(Set<String> shown, Map<String, Integer> expected) {
    if (tracker.takeMovedIn() > 0) {
      met.add(Met.CAME_IN);
    }
    if (expected.keySet().stream().anyMatch(left::contains)) {
      met.add(Met.LEFT_AND_OPEN_STILL);
    }
    if (onceLeft.stream().anyMatch(host -> shown.contains(host) && !left.contains(host))) {
      met.add(Met.CAME_BACK);
    }
    if (expected.containsKey(GROUP) && !shown.contains(GROUP)) {
      met.add(Met.GROUP_SUMMED);
    }
    if (!onceLeft.isEmpty() && !expected.isEmpty() && !shown.contains("other")) {
      met.add(Met.ALL_HAVE_ROOM);
    }
  }

  /** What was counted stays where it was counted, and nothing is counted twice or not at all. */
  private void checkCounters(Snapshot snapshot) {
    Map<String, Long> now = new HashMap<>();
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      now.put(snapshot.labels(endpoint), snapshot.outcomes(endpoint, Outcome.OPENED));
    }
    now.putIfAbsent("other", opened.getOrDefault("other", 0L)); // It goes on where it was.
    opened.forEach((host, count) -> {
      long since = now.getOrDefault(host, -1L);
      if (since < count) { // Gone; or the retention is over, and it has come anew.
        assertThat(since).as(host).isLessThanOrEqualTo(0);
        lostWithSeries += count;
      }
      if (left.contains(host)) {
        assertThat(since).as(host).isEqualTo(count);
      }
    });
    opened = now;
    long sum = now.values().stream().mapToLong(Long::longValue).sum();
    assertThat(sum + lostWithSeries).isEqualTo(openedInAll);
  }

  private static String host(int endpoint) {
    if (endpoint < CLIENTS) {
      return "10.9.0." + endpoint;
    }
    return isGrouped(endpoint) ? GROUP : "10.1.0." + endpoint + ":80";
  }

  private static boolean isGrouped(int endpoint) {
    return endpoint >= ENDPOINTS - GROUPED;
  }

  private static Flow flow(int endpoint, int connection) {
    int port = 1_000 + connection;
    if (endpoint < CLIENTS) {
      return Flows.tcp("10.9.0." + endpoint + " " + port, HERE + " 80", Flows.ESTABLISHED);
    }
    String network = isGrouped(endpoint) ? "10.2.0." : "10.1.0.";
    return Flows.tcp(HERE + " " + port, network + endpoint + " 80", Flows.ESTABLISHED);
  }

  @Override
  public void close() {
    tracker.close();
  }
}
