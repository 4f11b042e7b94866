package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Counts by label and state, and the flows that have no state or are ignored. */
final class ExpectedCounts {
  private final Map<String, int[]> byLabel = new HashMap<>();
  private int stateless;
  private int ignored;
  private int counted;

  void add(String label, int tcpState) {
    ConnectionState state = ConnectionState.ofTcp(tcpState);
    if (state == null) {
      stateless++;
    } else if (label == null) {
      ignored++;
    } else {
      counted++;
      byLabel.computeIfAbsent(label, l -> new int[4])[state.column]++;
    }
  }

  /**
   * Each host is complete, all else is in other, and what has no flows, or has left, is at zero.
   */
  void assertShown(Snapshot snapshot, Map<String, String> shown, LeftEndpoints left) {
    assertThat(snapshot.countedFlows()).isEqualTo(counted);
    assertThat(snapshot.statelessFlows()).isEqualTo(stateless);
    assertThat(snapshot.ignoredFlows()).isEqualTo(ignored);
    int[] rest = new int[4];
    byLabel.forEach((label, four) -> {
      if (shown.containsKey(label) && !left.contains(label)) {
        assertThat(shown.get(label)).as(label).isEqualTo(text(four));
      } else {
        for (int column = 0; column < 4; column++) {
          rest[column] += four[column];
        }
      }
    });
    assertThat(shown.getOrDefault("other", "0 0 0 0")).as("other").isEqualTo(text(rest));
    shown.forEach((host, four) -> {
      if (left.contains(host) || !(host.equals("other") || byLabel.containsKey(host))) {
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
