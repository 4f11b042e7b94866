package io.conntrack.aggregator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The endpoints that left when an epoch opened, and whose series are still there. */
final class LeftEndpoints {
  private final Set<String> hosts = new HashSet<>();

  /**
   * What is shown before and after an epoch has opened: nothing but a round makes a difference.
   * Returns who leaves.
   */
  Set<String> epochOpened(Map<String, String> before, Map<String, String> after) {
    assertThat(after.keySet()).containsAll(before.keySet());
    Set<String> leaving = new HashSet<>();
    before.forEach((host, connections) -> {
      if (!host.equals("other") && !after.get(host).equals(connections)) {
        leaving.add(host);
      }
    });
    hosts.addAll(leaving);
    return leaving;
  }

  /** What is shown now; a series that comes later is another one. */
  void shown(Set<String> series) {
    hosts.retainAll(series);
  }

  boolean contains(String host) {
    return hosts.contains(host);
  }
}
