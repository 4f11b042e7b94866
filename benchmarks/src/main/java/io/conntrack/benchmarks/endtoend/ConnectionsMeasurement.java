package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RealChurn;
import io.conntrack.testbed.RoutedHosts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a short connection takes between two hosts, as many as they can open, through a router
 * that is watched: by the exporter, by a listener that parses nothing, and by nobody. Each watches
 * a router of its own, made alike, and they are loaded in turns. The inverse of connections a
 * second, so that more is worse as in all rows.
 */
final class ConnectionsMeasurement implements Measurement {
  private static final int CLIENTS = 2;
  private static final int AS_MANY_AS_CAN_BE = 1_000_000;
  private static final int WARM_UP_TURNS = 1;
  private static final int TURNS = SAMPLES;
  private static final long BEGINNING_NS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long TURN_NS = TimeUnit.SECONDS.toNanos(2);

  /** Of the connections a second that a listener leaves which parses nothing. */
  private static final double LEAST_PART = 0.97;

  private final Yardsticks yardsticks;

  ConnectionsMeasurement(Yardsticks yardsticks) {
    this.yardsticks = yardsticks;
  }

  @Override
  public List<Row> measure() throws Exception {
    try (RoutedHosts watched = hosts();
        RoutedHosts listened = hosts();
        RoutedHosts alone = hosts();
        Server exporter = Server.exporter(watched.router())) {
      double[] ours = new double[TURNS];
      double[] mmsg = new double[TURNS];
      double[] nobody = new double[TURNS];
      for (int i = -WARM_UP_TURNS; i < TURNS; i++) {
        int turn = Math.max(i, 0); // that of a warm-up is written over
        ours[turn] = connectionUs(watched);
        if (yardsticks.arePresent()) {
          yardsticks.listening(
              listened.router(), "mmsg", () -> mmsg[turn] = connectionUs(listened));
        }
        nobody[turn] = connectionUs(alone);
      }
      requireConnections(exporter.settledText());
      Row row =
          Row.of("connections", "a short connection through the host", "us", Samples.of(ours));
      List<Row> rows = new ArrayList<>();
      rows.add(
          row.beside("mmsg", yardsticks.arePresent() ? Samples.of(mmsg) : null)
              .atMost(1 / LEAST_PART));
      rows.add(row.beside("nobody", Samples.of(nobody)));
      return rows;
    }
  }

  private static RoutedHosts hosts() {
    RoutedHosts hosts = RoutedHosts.create();
    hosts.router().sysctl("net.netfilter.nf_conntrack_events", 1);
    return hosts;
  }

  private static double connectionUs(RoutedHosts hosts) {
    List<RealChurn> clients = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(start(hosts.client(), hosts.server()));
      }
      LockSupport.parkNanos(BEGINNING_NS);
      long startNs = System.nanoTime();
      long before = opened(clients);
      LockSupport.parkNanos(TURN_NS);
      return (System.nanoTime() - startNs) / 1e3 / (opened(clients) - before);
    } finally {
      clients.forEach(RealChurn::close);
    }
  }

  private static RealChurn start(Namespace client, Namespace server) {
    return RealChurn.start(client, server, RoutedHosts.SERVER_IPV4, AS_MANY_AS_CAN_BE);
  }

  private static long opened(List<RealChurn> clients) {
    return clients.stream().mapToLong(RealChurn::opened).sum();
  }

  /** The exporter must have seen them. */
  private static void requireConnections(String scrape) {
    long events = Server.value(scrape, "conntrack_exporter_events_total{type=\"new\"}");
    if (events < 1_000) {
      throw new IllegalStateException("events=" + events + " of new connections came");
    }
  }
}
