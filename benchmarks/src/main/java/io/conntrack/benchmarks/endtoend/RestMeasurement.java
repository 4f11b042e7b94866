package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What it takes while nothing happens but a scrape every 15 seconds: in percent of a core. */
final class RestMeasurement implements Measurement {
  private static final long SCRAPE_INTERVAL_NS = TimeUnit.SECONDS.toNanos(15);
  private static final int WARM_UP_SCRAPES = 1_000;

  /** With flows that send no events: as many as a quarter of an hour has, each with a dump. */
  private static final int WARM_UP_DUMPS = 60;

  /** Scrapes that are closer together share a dump. */
  private static final long DUMP_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1_100);

  private static final int FEW_FLOWS = 10_000;

  private final String name;
  private final int flows;
  private final boolean old;
  private final int scrapes;
  private final double most;

  /**
   * One of so many scrapes.
   *
   * @param old whether the flows are older than the program, so that they send no events
   */
  RestMeasurement(String name, int flows, boolean old, int scrapes, double most) {
    this.name = name;
    this.flows = flows;
    this.old = old;
    this.scrapes = scrapes;
    this.most = most;
  }

  @Override
  public List<Row> measure() throws IOException {
    try (var _ = ConntrackLimit.atLeast(flows + flows / 4);
        Namespace namespace = Flows.namespace();
        FlowWriter writer = FlowWriter.in(namespace)) {
      if (old) {
        writer.create(Flows.of(0, flows));
      }
      try (Server exporter = Server.exporter(namespace)) {
        if (!old) {
          writer.create(Flows.of(0, flows));
        }
        if (old) {
          warmUpDumps(exporter, flows);
        }
        double percent = percent(exporter, Math.min(WARM_UP_SCRAPES, 10_000_000 / flows), scrapes);
        String what =
            "%,d flows%s, a scrape every 15 s".formatted(flows, old ? " from before" : "");
        return List.of(Row.of(name, what, "% of a core", Samples.of(percent)).atMost(most));
      }
    }
  }

  /** Few flows from before have a dump with each scrape, which the compilers have to know. */
  static void warmUpDumps(Server exporter, int flows) {
    if (flows <= FEW_FLOWS) {
      scrape(exporter, WARM_UP_DUMPS, DUMP_INTERVAL_NS);
    }
  }

  /** CPU time from the first of so many scrapes to the next one, after so many at full speed. */
  static double percent(Server exporter, int warmUpScrapes, int scrapes) {
    for (int i = 0; i < warmUpScrapes; i++) {
      exporter.asPrometheus();
    }
    long before = exporter.meter().awaitIdle();
    long startNs = System.nanoTime();
    scrape(exporter, scrapes, SCRAPE_INTERVAL_NS);
    return 100.0 * (exporter.meter().cpuNs() - before) / (System.nanoTime() - startNs);
  }

  /** Scrapes so often, and waits after each until the next would be due. */
  private static void scrape(Server exporter, int scrapes, long intervalNs) {
    long startNs = System.nanoTime();
    for (int i = 1; i <= scrapes; i++) {
      exporter.asPrometheus();
      long nextNs = startNs + i * intervalNs;
      while (nextNs - System.nanoTime() > 0) {
        LockSupport.parkNanos(nextNs - System.nanoTime());
      }
    }
  }
}
