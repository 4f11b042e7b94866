package io.conntrack.exporter.reading;

import io.conntrack.aggregator.EpochResult;
import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.TrackerOptions;
import io.conntrack.exporter.kernel.KernelTotals;
import io.conntrack.ffm.message.FlowRecord;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the reader counts of its own work, over all the times that it opened its sources; and, while
 * it opens them anew, its flows. Belongs to the reading thread; shown as a copy.
 */
public final class ReaderCounters {
  /** A scrape waits for a resync that takes less. */
  private static final long SHORT_RESYNC_NS = TimeUnit.MILLISECONDS.toNanos(25);

  /** Nor for any that takes more. */
  private static final long LONGEST_RESYNC_NS = TimeUnit.MILLISECONDS.toNanos(100);

  /** So few take little, unless other namespaces have many: a dump walks over all. */
  private static final long FEW_ENTRIES = 2_000;

  /** What the first one of so few is taken for at most, whatever a cold start made of it. */
  private static final long FEW_ENTRIES_NS = TimeUnit.MILLISECONDS.toNanos(5);

  /** What the kernel itself counts. */
  final KernelTotals kernel = new KernelTotals();

  private final long[] events = new long[FlowRecord.DESTROY + 1];
  long undecodable;

  /** Events that were not written to the event log. */
  long unlogged;

  private long lost;
  private long overruns;
  private long failures;
  private long removalsPutOff;
  private long removalsAverted;
  private long zeroed;
  private long movedIn;
  private long movedOut;
  private final Map<ResyncReason, Long> resyncs = new EnumMap<>(ResyncReason.class);
  private ReaderStatistics.Resync lastResync;
  private long resyncEntries;

  /** What the last two took of a processor. The one before is below zero if there was none. */
  private long lastCostNs = -1;

  private long costBeforeNs = -1;
  private long resyncBeganNs;
  private long resyncEndedNs;
  private boolean inSync;

  /** Null while there is no loop, unless they are kept. */
  private FlowTracker flows;

  private boolean keepsFlows;

  /** An event of {@link FlowRecord#kind} came. */
  void event(int kind) {
    events[kind]++;
  }

  void overrun() {
    overruns++;
    inSync = false;
  }

  /**
   * The kernel dropped so many events, which it may not have told by an overrun yet. Returns it.
   */
  long lost(long count) {
    lost += count;
    inSync &= count == 0;
    return count;
  }

  long lost() {
    return lost;
  }

  /** Events of new flows. */
  long created() {
    return events[FlowRecord.NEW];
  }

  /** So many flows more were lacked by a dump and stayed, and so many were shown by a later one. */
  void removals(long putOff, long averted) {
    removalsPutOff += putOff;
    removalsAverted += averted;
  }

  /** The counters of so many flows more went back. Returns this number. */
  long zeroed(long flows) {
    zeroed += flows;
    return flows;
  }

  /** The flows, for a loop that begins: those of the last one if they were kept, else none. */
  FlowTracker openFlows(TrackerOptions options) {
    if (keepsFlows) {
      flows.readAnew();
    } else {
      flows = new FlowTracker(options);
    }
    keepsFlows = false;
    return flows;
  }

  /** To be called before the loop ends, if another one is to go on with its flows. */
  void keepFlows() {
    keepsFlows = flows != null;
  }

  /** The loop ends. */
  void closeFlows() {
    if (!keepsFlows && flows != null) {
      flows.close();
      flows = null;
    }
  }

  /** No loop follows. */
  void endFlows() {
    keepsFlows = false;
    closeFlows();
  }

  void failure() {
    failures++;
    inSync = false;
  }

  /** So many endpoints moved out of {@code other}, and into it. */
  void endpointsMoved(long in, long out) {
    movedIn += in;
    movedOut += out;
  }

  public void resyncBegun(ResyncReason reason) {
    resyncs.merge(reason, 1L, Long::sum);
    resyncBeganNs = System.nanoTime();
  }

  /** One that took so much of a processor has ended clean. */
  public void resyncSucceeded(EpochResult result, long entries, long costNs) {
    resyncEntries = entries;
    costBeforeNs = lastCostNs;
    lastCostNs = costNs;
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

  /**
   * Whether the next resyncs of all these namespaces will take so little together that a scrape can
   * wait for them. One of few entries may take longer, since others have many, but not often.
   *
   * @param seldom whether that is allowed now
   */
  static boolean areResyncsShort(List<ReaderCounters> namespaces, boolean seldom) {
    boolean few = seldom && namespaces.stream().allMatch(each -> each.resyncEntries < FEW_ENTRIES);
    return namespaces.stream().mapToLong(ReaderCounters::resyncCostNs).sum()
        < (few ? LONGEST_RESYNC_NS : SHORT_RESYNC_NS);
  }

  /**
   * What the next one is likely to take of a processor: the shorter one of the last two tells. In
   * another one the processor may have been slow.
   */
  long resyncCostNs() {
    if (costBeforeNs >= 0) {
      return Math.min(lastCostNs, costBeforeNs);
    }
    return resyncEntries < FEW_ENTRIES ? Math.clamp(lastCostNs, 0, FEW_ENTRIES_NS) : lastCostNs;
  }

  long msSinceResyncBegan() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - resyncBeganNs);
  }

  /** A copy, once a resync has ended clean. */
  public ReaderStatistics statistics(int maxEndpoints, long receiveBufferBytes) {
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
    ReaderStatistics.Endpoints endpoints =
        new ReaderStatistics.Endpoints(maxEndpoints, movedIn, movedOut);
    ReaderStatistics.Removals removals =
        new ReaderStatistics.Removals(removalsPutOff, removalsAverted);
    return new ReaderStatistics(
        received, resyncs, lastResync, removals, zeroed, health, endpoints, receiveBufferBytes);
  }
}
