package io.conntrack.exporter;

import io.conntrack.aggregator.EpochResult;
import io.conntrack.ffm.FlowRecord;
import java.util.EnumMap;
import java.util.Map;

/** What the reader counts of its own work. Belongs to the reading thread; shown as a copy. */
final class ReaderCounters {
  private final long[] events = new long[FlowRecord.DESTROY + 1];
  long overruns;
  long lost;
  private final Map<ResyncReason, Long> resyncs = new EnumMap<>(ResyncReason.class);
  private ReaderStatistics.Resync lastResync;
  private long resyncStartedNs;

  /** An event of {@link FlowRecord#kind} came. */
  void event(int kind) {
    events[kind]++;
  }

  void resyncBegun(ResyncReason reason) {
    resyncs.merge(reason, 1L, Long::sum);
    resyncStartedNs = System.nanoTime();
  }

  void resyncSucceeded(EpochResult result) {
    lastResync =
        new ReaderStatistics.Resync(
            System.currentTimeMillis(),
            System.nanoTime() - resyncStartedNs,
            result.added(),
            result.changed(),
            result.removed());
  }

  /** Whether a resync has ever ended clean, so that there is something true to show. */
  boolean everResynced() {
    return lastResync != null;
  }

  ReaderStatistics statistics(long undecodable, long unlogged, long receiveBufferBytes) {
    ReaderStatistics.Events received =
        new ReaderStatistics.Events(
            events[FlowRecord.NEW],
            events[FlowRecord.UPDATE],
            events[FlowRecord.DESTROY],
            undecodable,
            overruns,
            lost,
            unlogged);
    return new ReaderStatistics(received, resyncs, lastResync, receiveBufferBytes);
  }
}
