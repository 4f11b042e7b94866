package io.conntrack.exporter;

import io.conntrack.aggregator.EpochResult;
import io.conntrack.ffm.FlowRecord;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the reader counts of its own work, over all the times that it opened its sources. Belongs to
 * the reading thread; shown as a copy.
 */
final class ReaderCounters {
  /** A scrape waits for a resync that takes less. */
  static final long SHORT_RESYNC_NS = TimeUnit.MILLISECONDS.toNanos(25);

  /**
   * One of so few entries takes less, whatever a cold start or a busy host made of the last one.
   */
  private static final long SHORT_RESYNC_ENTRIES = 2_000;

  /** What the kernel itself counts. */
  final KernelTotals kernel = new KernelTotals();

  private final long[] events = new long[FlowRecord.DESTROY + 1];
  long undecodable;

  /** Events that were not written to the event log. */
  long unlogged;

  private long lost;
  private long overruns;
  private long failures;
  private final Map<ResyncReason, Long> resyncs = new EnumMap<>(ResyncReason.class);
  private ReaderStatistics.Resync lastResync;
  private long resyncEntries;
  private long resyncBeganNs;
  private long resyncEndedNs;
  private boolean inSync;

  /** An event of {@link FlowRecord#kind} came. */
  void event(int kind) {
    events[kind]++;
  }

  void overrun() {
    overruns++;
    inSync = false;
  }

  /** The kernel dropped so many events, which it may not have told by an overrun yet. */
  void lost(long count) {
    lost += count;
    inSync &= count == 0;
  }

  long lost() {
    return lost;
  }

  void failure() {
    failures++;
    inSync = false;
  }

  void resyncBegun(ResyncReason reason) {
    resyncs.merge(reason, 1L, Long::sum);
    resyncBeganNs = System.nanoTime();
  }

  void resyncSucceeded(EpochResult result, long entries) {
    resyncEntries = entries;
    inSync = true;
    resyncEndedNs = System.nanoTime();
    lastResync =
        new ReaderStatistics.Resync(
            System.currentTimeMillis(),
            resyncEndedNs - resyncBeganNs,
            result.added(),
            result.changed(),
            result.removed());
  }

  /** Whether the last resync took so little that a scrape can wait for another one. */
  boolean isResyncShort() {
    return lastResync != null
        && (lastResync.durationNs() < SHORT_RESYNC_NS || resyncEntries < SHORT_RESYNC_ENTRIES);
  }

  long lastResyncMs() {
    return TimeUnit.NANOSECONDS.toMillis(lastResyncNs());
  }

  /** How long the last resync took; 0 before the first. */
  long lastResyncNs() {
    return lastResync == null ? 0 : lastResync.durationNs();
  }

  long msSinceResyncBegan() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - resyncBeganNs);
  }

  /** A copy, once a resync has ended clean. */
  ReaderStatistics statistics(long receiveBufferBytes) {
    ReaderStatistics.Events received =
        new ReaderStatistics.Events(
            events[FlowRecord.NEW],
            events[FlowRecord.UPDATE],
            events[FlowRecord.DESTROY],
            undecodable,
            overruns,
            lost,
            unlogged);
    ReaderStatistics.Health health =
        new ReaderStatistics.Health(inSync, System.nanoTime() - resyncEndedNs, failures);
    return new ReaderStatistics(received, resyncs, lastResync, health, receiveBufferBytes);
  }
}
