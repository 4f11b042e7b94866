package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Counts by label and state, and the flows that have no state or are ignored. Those of clients that
 * are unproven by them may be in {@code other} though their endpoint is shown.
 */
final class ExpectedCounts {
  static final String OTHER = "other";

  private final Map<String, int[]> byLabel = new HashMap<>();
  private final Map<String, int[]> unprovenByLabel = new HashMap<>();
  private int stateless;
  private int ignored;
  private int counted;

  void add(String label, int tcpState) {
    add(label, tcpState, false);
  }

  void add(String label, int tcpState, boolean unproven) {
    ConnectionState state = ConnectionState.ofTcp(tcpState);
    if (state == null) {
      stateless++;
    } else if (label == null) {
      ignored++;
    } else {
      counted++;
      Map<String, int[]> counts = unproven ? unprovenByLabel : byLabel;
      counts.computeIfAbsent(label, l -> new int[4])[state.column]++;
    }
  }

  /** Each host is complete but for what is unproven, and every connection is somewhere. */
  void assertShownInAll(Snapshot snapshot, Map<String, String> shown, LeftEndpoints left) {
    assertTotals(snapshot);
    int[] all = new int[4];
    byLabel.values().forEach(four -> addTo(all, four));
    unprovenByLabel.values().forEach(four -> addTo(all, four));
    int[] sum = new int[4];
    shown.forEach((label, text) -> {
      int[] four = Stream.of(text.split(" ")).mapToInt(Integer::parseInt).toArray();
      addTo(sum, four);
      int[] least = byLabel.getOrDefault(label, new int[4]);
      int[] unproven = unprovenByLabel.getOrDefault(label, new int[4]);
      for (int column = 0; column < 4 && !label.equals(OTHER); column++) {
        assertThat(four[column])
            .as(label)
            .isBetween(
                left.contains(label) ? 0 : least[column],
                left.contains(label) ? 0 : least[column] + unproven[column]);
      }
    });
    assertThat(text(sum)).as("the sum of all").isEqualTo(text(all));
  }

  private static void addTo(int[] sum, int[] four) {
    for (int column = 0; column < 4; column++) {
      sum[column] += four[column];
    }
  }

  private void assertTotals(Snapshot snapshot) {
    assertThat(snapshot.countedFlows()).isEqualTo(counted);
    assertThat(snapshot.statelessFlows()).isEqualTo(stateless);
    assertThat(snapshot.ignoredFlows()).isEqualTo(ignored);
  }

  /**
   * Each host is complete, all else is in other, and what has no flows, or has left, is at zero.
   */
  void assertShown(Snapshot snapshot, Map<String, String> shown, LeftEndpoints left) {
    assertTotals(snapshot);
    int[] rest = new int[4];
    byLabel.forEach((label, four) -> {
      if (shown.containsKey(label) && !left.contains(label) && !label.equals(OTHER)) {
        assertThat(shown.get(label)).as(label).isEqualTo(text(four));
      } else {
        addTo(rest, four);
      }
    });
    assertThat(shown.getOrDefault(OTHER, "0 0 0 0")).as(OTHER).isEqualTo(text(rest));
    shown.forEach((host, four) -> {
      if (left.contains(host) || !(host.equals(OTHER) || byLabel.containsKey(host))) {
        assertThat(four).as(host).isEqualTo("0 0 0 0");
      }
    });
  }

  private static String text(int[] four) {
    return four[0] + " " + four[1] + " " + four[2] + " " + four[3];
  }

  Set<String> labels() {
    return byLabel.keySet();
  }
}
