package io.conntrack.packaging;

import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The program under load for a long time, for {@code make soak}: its memory has to stay as it is
 * after the warm-up, and its numbers have to be right at the end. Prints a table as it goes.
 */
final class Soak {
  private static final int FLOWS_PER_SECOND = 1_500;
  private static final int CONNECTIONS_PER_SECOND = 1_500;

  /** How long the kernel remembers real connections, so that its table stays of one size. */
  private static final int REMEMBERED_S = 10;

  private static final int ROWS = 20;
  private static final double MOST_GROWTH = 0.05;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final double NS_PER_S = 1e9;

  private final Program program;
  private final Load load;
  private final long startNs = System.nanoTime();
  private final List<Integer> residentKib = new ArrayList<>();

  private Soak(Program program, Load load) {
    this.program = program;
    this.load = load;
  }

  public static void main(String[] arguments) throws Exception {
    String seconds = System.getenv().getOrDefault("SOAK_SECONDS", "1200");
    try (ChaosHosts hosts = new ChaosHosts()) {
      hosts.setting("tcp_timeout_time_wait", REMEMBERED_S);
      hosts.setting("tcp_timeout_close", REMEMBERED_S);
      try (Program program = Launch.in(hosts.a()).serve();
          Scraper scraper = Scraper.start(program)) {
        Soak soak = run(hosts, program, Duration.ofSeconds(Long.parseLong(seconds)));
        Duration rightAfter =
            Agreement.await(hosts.a(), Set.of(Tuple.TCP), scraper, System.nanoTime(), LIMIT);
        System.out.printf(
            "%nAt the end the gauges were right after %d ms. Scrapes: %s%n",
            rightAfter.toMillis(), scraper.takeTally());
        soak.requireFlatMemory();
      }
    }
  }

  private static Soak run(ChaosHosts hosts, Program program, Duration duration) throws Exception {
    Load load = Load.start(hosts.hosts, FLOWS_PER_SECOND, CONNECTIONS_PER_SECOND);
    try (load) {
      Soak soak = new Soak(program, load);
      System.out.println(
          """
          | seconds | flows come | events | lost | overruns | counted | CPU of a core | resident |
          |--:|--:|--:|--:|--:|--:|--:|--:|\
          """);
      for (int row = 0; row < ROWS; row++) {
        load.goOn(duration.dividedBy(ROWS));
        soak.sample();
      }
      return soak;
    }
  }

  private void sample() {
    Scrape scrape = program.awaitScrape();
    residentKib.add(program.status("VmRSS"));
    double seconds = (System.nanoTime() - startNs) / NS_PER_S;
    System.out.printf(
        "| %.0f | %,d | %,d | %,d | %,d | %,.0f | %.1f %% | %,d KiB |%n",
        seconds,
        load.flows(),
        Trial.events(scrape),
        Trial.counted("events_lost", scrape),
        Trial.counted("overruns", scrape),
        scrape.value("conntrack_exporter_flows{kind=\"counted\"}"),
        100 * cpuSeconds() / seconds,
        residentKib.getLast());
  }

  private double cpuSeconds() {
    Duration cpu =
        ProcessHandle.of(program.pid()).flatMap(handle -> handle.info().totalCpuDuration()).get();
    return cpu.toNanos() / NS_PER_S;
  }

  /** After a quarter for the warm-up: the last quarter against the one before the middle. */
  private void requireFlatMemory() {
    double before = averageKib(ROWS / 4, ROWS / 2);
    double after = averageKib(ROWS - ROWS / 4, ROWS);
    double growth = after / before - 1;
    System.out.printf(
        "%nResident memory: %,.0f KiB on average in the second quarter, %,.0f KiB in the last:"
            + " %+.1f %%%n",
        before, after, 100 * growth);
    if (Math.abs(growth) > MOST_GROWTH) {
      throw new AssertionError("resident memory is not flat: growth=" + growth);
    }
  }

  private double averageKib(int fromRow, int toRow) {
    return residentKib.subList(fromRow, toRow).stream()
        .mapToInt(kib -> kib)
        .average()
        .orElseThrow();
  }
}
