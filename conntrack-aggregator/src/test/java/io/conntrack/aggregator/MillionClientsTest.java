package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.snapshot.Snapshots;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A million different clients in an hour, with the default budget. */
class MillionClientsTest {
  private static final int BUDGET = 10_000;
  private static final long RETENTION_MS = 300_000;
  private static final int EPOCH_S = 15;

  /** The first who come fill the clients' half in 18 s; their room is free after some minutes. */
  private static final int FULL_UNTIL_MINUTE = 8;

  /** Two rounds, and an epoch in which they are seen. */
  private static final int MINUTES_TO_COME_IN = 3;

  private final Random random = new Random(7);
  private final FlowTracker tracker =
      new FlowTracker(
          new TrackerOptions(
              200_000, BUDGET, RETENTION_MS, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));
  private final ManyClients clients = new ManyClients(tracker);
  private Set<String> before = Set.of();
  private final Set<String> left = new HashSet<>();
  private long movedOut;
  private long memoryBytes;

  @AfterEach
  void close() {
    tracker.close();
  }

  @Test
  void seriesStayWithinTheBudgetAndTheHeavyOnesHaveTheirs() {
    for (int second = 0; second < ManyClients.HOUR_S; second++) {
      tracker.clock(1_000L * second);
      clients.second(second);
      if (second % EPOCH_S == EPOCH_S - 1) {
        tracker.openEpoch();
        clients.dump(random);
        assertThat(tracker.closeEpoch().clean()).isTrue();
      }
      if (second % 60 == 59) {
        check(second / 60, tracker.snapshot(1_000L * second));
      }
    }
  }

  private void check(int minute, Snapshot snapshot) {
    Map<String, String> shown = Snapshots.byLabels(snapshot);
    assertThat(shown).hasSizeLessThanOrEqualTo(BUDGET + 1);
    sumsAreExact(snapshot);
    eachIsCompleteOrHasLeft(shown);
    int newSeries = newSince(shown.keySet());
    if (minute > 0) {
      assertThat(newSeries).as("new in minute " + minute).isLessThan(BUDGET / 100);
    }
    heavyOnesAreIn(minute, shown.keySet());
    if (minute == 10) {
      memoryBytes = tracker.memoryBytes();
    } else if (minute > 10) {
      assertThat(tracker.memoryBytes()).isEqualTo(memoryBytes);
    }
  }

  private void sumsAreExact(Snapshot snapshot) {
    int[] sums = new int[ConnectionState.COUNT];
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (ConnectionState state : ConnectionState.values()) {
        sums[state.column] += snapshot.connections(endpoint, state);
      }
    }
    assertThat(sums).containsExactly(0, clients.open(), clients.timeWait(), 0);
  }

  /** The heavy ones had some of the light ones leave, which show nothing since. */
  private void eachIsCompleteOrHasLeft(Map<String, String> shown) {
    left.retainAll(shown.keySet());
    shown.forEach((host, connections) -> {
      String actual = host.equals("other") ? connections : clients.connectionsOf(host);
      if (!connections.equals(actual) || left.contains(host)) {
        assertThat(connections).as(host).isEqualTo("0 0 0 0");
        left.add(host);
      }
    });
    movedOut += tracker.takeMovedOut();
    assertThat(left).hasSizeLessThanOrEqualTo((int) movedOut);
    assertThat(left).noneMatch(host -> host.compareTo(ManyClients.heavyHost(0)) >= 0);
  }

  private int newSince(Set<String> shown) {
    Set<String> added = new HashSet<>(shown);
    added.removeAll(before);
    before = Set.copyOf(shown);
    return added.size();
  }

  private void heavyOnesAreIn(int minute, Set<String> shown) {
    for (int heavy = 0; heavy < clients.heavies(); heavy++) {
      int since = Math.max(FULL_UNTIL_MINUTE, ManyClients.minuteOfHeavy(heavy));
      if (minute >= since + MINUTES_TO_COME_IN) {
        assertThat(shown).contains(ManyClients.heavyHost(heavy));
      }
    }
    for (int server = 0; server < ManyClients.SERVERS; server++) {
      assertThat(shown).contains(ManyClients.serverHost(server));
    }
  }
}
