package io.conntrack.packaging;

import java.io.PrintStream;
import java.time.Duration;

/** The table of a campaign, in Markdown; each row is printed when its step is over. */
final class ChaosReport {
  private static final double MS_PER_S = 1e3;

  private final PrintStream out;

  ChaosReport(PrintStream out) {
    this.out = out;
    out.println(
        """
        Drift: flows that resyncs added (+), changed (~) and removed (-), as far as scrapes saw them.
        Scrapes: answered with 200, with 503, cut off. Right after: from the end of the step until
        scrapes show the kernel's table.

        | step | flows | events | overruns | lost | drift | scrapes | right after | resident |
        |---|--:|--:|--:|--:|---|---|--:|--:|\
        """);
  }

  /** What a program was like around a step. */
  record Row(
      String step,
      long flows,
      long events,
      long overruns,
      long lost,
      Scraper.Tally scrapes,
      Duration rightAfter,
      int residentKib) {}

  void add(Row row) {
    out.printf(
        "| %s | %,d | %,d | %,d | %,d | %s | %d/%d/%d | %.1f s | %d MiB |%n",
        row.step(),
        row.flows(),
        row.events(),
        row.overruns(),
        row.lost(),
        row.scrapes().drift(),
        row.scrapes().answered(),
        row.scrapes().unavailable(),
        row.scrapes().cut(),
        row.rightAfter().toMillis() / MS_PER_S,
        row.residentKib() >> 10);
    out.flush();
  }
}
