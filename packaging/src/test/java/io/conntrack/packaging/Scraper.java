package io.conntrack.packaging;

import io.conntrack.testbed.Connections;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Scrapes ten times a second on a thread of its own, one scrape at a time, and holds each to {@link
 * ScrapeCheck}. A 503 needs a reason. What went wrong is thrown to the next who asks.
 */
final class Scraper implements AutoCloseable {
  private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Program program;
  private final Thread thread = new Thread(this::run, "scraper");
  private volatile boolean closing;

  /** The fields below are guarded by this. */
  private Tally tally = Tally.NONE;

  private Shown shown = new Shown(Map.of(), 0, 0);
  private double lastResync;
  private Throwable failure;

  /**
   * What scrapes show, all of them from one moment on.
   *
   * @param sinceNs when the first of them had come, by {@link System#nanoTime}
   * @param begunNs when the last of them was asked for
   */
  record Shown(Map<String, Connections> hosts, long sinceNs, long begunNs) {}

  /**
   * What scrapes there were.
   *
   * @param answered with 200
   * @param unavailable with 503
   * @param cut connections that ended without a whole answer
   * @param drift summed over the resyncs that were seen
   */
  record Tally(long answered, long unavailable, long cut, Drift drift) {
    static final Tally NONE = new Tally(0, 0, 0, Drift.NONE);
  }

  private Scraper(Program program) {
    this.program = program;
  }

  static Scraper start(Program program) {
    Scraper scraper = new Scraper(program);
    scraper.lastResync = timeOfLastResync(program.awaitScrape());
    scraper.thread.setDaemon(true);
    scraper.thread.start();
    return scraper;
  }

  private static double timeOfLastResync(Scrape scrape) {
    return scrape.value("conntrack_exporter_last_resync_timestamp_seconds");
  }

  private void run() {
    long dueNs = System.nanoTime();
    while (!closing) {
      try {
        scrape();
      } catch (RuntimeException | Error e) {
        fail(e);
        return;
      }
      dueNs = Math.max(dueNs + PERIOD_NS, System.nanoTime());
      LockSupport.parkNanos(dueNs - System.nanoTime());
    }
  }

  private synchronized void fail(Throwable thrown) {
    failure = thrown;
  }

  private void scrape() {
    long begunNs = System.nanoTime();
    HttpAnswer answer;
    try {
      answer = program.get("/metrics");
    } catch (UncheckedIOException e) {
      count(new Tally(0, 0, 1, Drift.NONE));
      return;
    }
    switch (answer.status()) {
      case 200 -> answered(ScrapeCheck.check(answer.text()), begunNs);
      case 503 -> unavailable(answer.text());
      default -> throw new AssertionError("status " + answer.status() + ": " + answer.text());
    }
  }

  private void unavailable(String reason) {
    if (reason.isBlank()) {
      throw new AssertionError("status 503 without a reason");
    }
    count(new Tally(0, 1, 0, Drift.NONE));
  }

  private synchronized void answered(Scrape scrape, long begunNs) {
    Map<String, Connections> hosts = scrape.connections();
    long sinceNs = hosts.equals(shown.hosts()) ? shown.sinceNs() : System.nanoTime();
    shown = new Shown(hosts, sinceNs, begunNs);
    boolean resynced = timeOfLastResync(scrape) != lastResync;
    lastResync = timeOfLastResync(scrape);
    count(new Tally(1, 0, 0, resynced ? Drift.lastIn(scrape) : Drift.NONE));
  }

  private synchronized void count(Tally one) {
    tally =
        new Tally(
            tally.answered() + one.answered(),
            tally.unavailable() + one.unavailable(),
            tally.cut() + one.cut(),
            tally.drift().plus(one.drift()));
  }

  /** What the latest scrapes show. */
  synchronized Shown shown() {
    throwFailure();
    return shown;
  }

  /** The scrapes since this was called last. */
  synchronized Tally takeTally() {
    throwFailure();
    Tally taken = tally;
    tally = Tally.NONE;
    return taken;
  }

  private void throwFailure() {
    if (failure != null) {
      throw new AssertionError("the scraper failed", failure);
    }
  }

  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
