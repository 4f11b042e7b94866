package io.conntrack.packaging;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connections;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.Endpoint;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.Witness;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Holds what scrapes show to the kernel's table, as {@code conntrack -L} reads it. */
final class Agreement {
  private static final String OTHER = "other";

  /** Entries time out meanwhile, so the table is read again, but not all the time. */
  private static final Duration REREAD = Duration.ofSeconds(2);

  private final Namespace host;
  private final Set<Integer> protocols;
  private final Scraper scraper;
  private Map<Endpoint, Connections> expected;
  private long readNs;

  private Agreement(Namespace host, Set<Integer> protocols, Scraper scraper) {
    this.host = host;
    this.protocols = protocols;
    this.scraper = scraper;
  }

  /**
   * Waits until scrapes show what is in the table of these protocols, which is left alone
   * meanwhile. Returns how long after {@code sinceNs} they began to, 0 if they never showed
   * anything else.
   */
  static Duration await(
      Namespace host, Set<Integer> protocols, Scraper scraper, long sinceNs, Duration limit) {
    Agreement agreement = new Agreement(host, protocols, scraper);
    agreement.read();
    Await.until(
        "scrapes to show the kernel's table",
        limit,
        () -> agreement.difference(sinceNs),
        Map::isEmpty);
    return Duration.ofNanos(Math.max(0, scraper.shown().sinceNs() - sinceNs));
  }

  private void read() {
    expected = Witness.of(host).expected(ConntrackTable.of(host), protocols);
    readNs = System.nanoTime();
  }

  /** By host, what is shown and what should be; empty when a scrape after the moment is right. */
  private Map<String, String> difference(long sinceNs) {
    Scraper.Shown shown = scraper.shown();
    if (shown.begunNs() - sinceNs < 0) {
      return Map.of("", "no scrape yet");
    }
    Map<String, String> difference = difference(expected, shown.hosts());
    if (!difference.isEmpty() && System.nanoTime() - readNs > REREAD.toNanos()) {
      read();
    }
    return difference;
  }

  /** Endpoints that are not shown are summed under {@code other}. */
  static Map<String, String> difference(
      Map<Endpoint, Connections> expected, Map<String, Connections> shown) {
    Map<Endpoint, Connections> others = new HashMap<>(expected);
    Map<String, String> difference = new TreeMap<>();
    shown.forEach((host, connections) -> {
      if (!host.equals(OTHER)) {
        Connections right = others.remove(Endpoint.ofLabel(host));
        compare(host, connections, right == null ? Connections.NO : right, difference);
      }
    });
    Connections other = others.values().stream().reduce(Connections.NO, Connections::plus);
    compare(OTHER, shown.getOrDefault(OTHER, Connections.NO), other, difference);
    return difference;
  }

  private static void compare(
      String host, Connections shown, Connections right, Map<String, String> difference) {
    if (!shown.equals(right)) {
      difference.put(host, shown + " instead of " + right);
    }
  }
}
