package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connections;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.util.Set;

/** A running program that is scraped all the time, and put to one step after the other. */
final class Trial implements AutoCloseable {
  /** For a machine that is busy with other things. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Namespace namespace;
  private final ChaosReport report;
  private final Program program;
  private final Scraper scraper;
  private Duration limit = LIMIT;
  private Set<Integer> protocols = Set.of(Tuple.TCP);

  /** What is done to the host or to the program. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** Starts the program with these options and puts it to the first step, its start. */
  private Trial(ChaosHosts hosts, ChaosReport report, Launch launch, String... options) {
    this.namespace = hosts.a();
    this.report = report;
    program = launch.serve(options);
    scraper = Scraper.start(program);
  }

  static Trial start(ChaosHosts hosts, ChaosReport report, String... options) {
    return start(hosts, report, Launch.in(hosts.a()), options);
  }

  static Trial start(ChaosHosts hosts, ChaosReport report, Launch launch, String... options) {
    return new Trial(hosts, report, launch, options);
  }

  /** Lets it take so long to be right again from here on. */
  Trial within(Duration longer) {
    limit = longer;
    return this;
  }

  /** Compares flows of these protocols from here on; the program has an option that says so too. */
  Trial counting(Set<Integer> others) {
    protocols = others;
    return this;
  }

  Program program() {
    return program;
  }

  /** Takes the step, waits until all is right again, and reports what that took. */
  ChaosReport.Row step(String name, Step step) throws Exception {
    Scrape before = program.awaitScrape();
    scraper.takeTally();
    step.run();
    long endedNs = System.nanoTime();
    Duration rightAfter = Agreement.await(namespace, protocols, scraper, endedNs, limit);
    Scrape after = awaitSync();
    ChaosReport.Row row =
        new ChaosReport.Row(
            name,
            (long) after.value("conntrack_exporter_flows{kind=\"counted\"}"),
            events(after) - events(before),
            counted("overruns", after) - counted("overruns", before),
            counted("events_lost", after) - counted("events_lost", before),
            scraper.takeTally(),
            rightAfter,
            program.status("VmRSS"));
    report.add(row);
    assertThat(counted("undecodable_messages", after)).isZero();
    assertThat(counted("reader_failures", after)).isZero();
    assertThat(count(after, "conntrack_exporter_flows_untracked")).isZero();
    return row;
  }

  /** Waits until scrapes show these connections of the host. */
  void awaitShown(String host, Connections connections) {
    Await.until(
        "scrapes to show " + connections + " of " + host,
        limit,
        () -> scraper.shown().hosts().getOrDefault(host, Connections.NO),
        connections::equals);
  }

  private Scrape awaitSync() {
    return Await.until(
        "the program to say that it is in sync",
        limit,
        program::awaitScrape,
        scrape -> scrape.value("conntrack_exporter_in_sync") == 1);
  }

  static long events(Scrape scrape) {
    return count(scrape, "conntrack_exporter_events_total{type=\"new\"}")
        + count(scrape, "conntrack_exporter_events_total{type=\"update\"}")
        + count(scrape, "conntrack_exporter_events_total{type=\"destroy\"}");
  }

  static long counted(String what, Scrape scrape) {
    return count(scrape, "conntrack_exporter_" + what + "_total");
  }

  private static long count(Scrape scrape, String series) {
    return (long) scrape.value(series);
  }

  @Override
  public void close() {
    try (program) {
      scraper.close();
    }
  }
}
