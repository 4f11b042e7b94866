package io.conntrack.exporter.reading;

import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.kernel.KernelAccess;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import io.conntrack.ffm.system.Wakeup;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Reads all network namespaces in turns: the own one, and those of {@link OtherNamespaces}. It
 * takes batches of events of each, then a part of a dump, so that no queue fills up behind another.
 * One dump runs at a time, for the namespace that has waited longest.
 *
 * <p>Belongs to the thread that makes it. It blocks in {@link Poller#await}, and for some 0.3 ms
 * while a thread opens a socket in another namespace. A failure in another namespace ends only the
 * reading of that one. A failure in the own namespace, or in waiting, is thrown.
 */
final class ReadingRound implements AutoCloseable {
  /**
   * While events come fast, a call for each would cost several times as much as the event. A lone
   * event never waits.
   */
  private static final long REST_NS = 1_000_000;

  private static final long NOT_WAITING = Long.MAX_VALUE;

  private final KernelAccess access;
  private final KeptCounters kept;
  private final ReadingLoop own;
  private final OtherNamespaces others;

  /**
   * All loops, the own one first, and the poller that waits for them. Made again when a namespace
   * comes or goes. An array, because walking a list makes garbage in each turn.
   */
  private ReadingLoop[] loops = {};

  private Poller poller;

  /** Kept, so that no turn makes garbage. */
  private final Step receive = loop -> loop.receive(poller);

  private boolean synced;

  /** Those whose resync the observation waits for that is asked for. */
  private List<ReadingLoop> awaited = List.of();

  /** Since when an observation has waited for resyncs, or {@link #NOT_WAITING}. */
  private long waitingSinceMs = NOT_WAITING;

  /**
   * Subscribes in all namespaces that are there.
   *
   * @param kept what goes on from where an earlier round ended
   * @param eventLog null unless events are logged
   */
  ReadingRound(
      Configuration configuration,
      RulesFile rules,
      Wakeup wakeup,
      KeptCounters kept,
      EventLog eventLog)
      throws ConntrackException {
    access = new KernelAccess(wakeup);
    this.kept = kept;
    ReadingLoop opened = null;
    try {
      opened =
          ReadingLoop.open(
              NetworkNamespace.OWN, access, configuration, rules, kept.own(), eventLog);
      others = new OtherNamespaces(configuration, rules, access, kept, eventLog);
    } catch (Throwable t) {
      if (opened != null) {
        opened.close();
      }
      access.close();
      throw t;
    }
    own = opened;
    gather();
  }

  /** To be called when a namespace has come or gone. */
  private void gather() {
    loops = Stream.concat(Stream.of(own), others.loops().stream()).toArray(ReadingLoop[]::new);
    List<Poller.Source> sources = new ArrayList<>(List.of(access.wakeup, access.dump));
    for (ReadingLoop loop : loops) {
      sources.addAll(loop.waitedFor());
    }
    if (poller != null) {
      poller.close();
    }
    poller = new Poller(sources.toArray(Poller.Source[]::new));
    waitingSinceMs = NOT_WAITING;
  }

  /** Something done with one namespace, with an answer. */
  private interface Step {
    boolean with(ReadingLoop loop) throws ConntrackException;
  }

  /**
   * Does the work of a loop. If it fails in another namespace, the namespace is dropped, and the
   * answer is no.
   */
  private boolean guarded(ReadingLoop loop, Step step) throws ConntrackException {
    if (loop.equals(own)) {
      return step.with(loop);
    }
    try {
      return step.with(loop);
    } catch (ConntrackException | RuntimeException | Error e) {
      others.failed(loop, e);
      gather();
      return false;
    }
  }

  /**
   * Waits until there is something to do, {@code longestWaitMs} at most, and does a bounded piece
   * of it.
   */
  void turn(int longestWaitMs) throws ConntrackException {
    poller.await(Math.min(waitMs(), longestWaitMs));
    if (poller.isReady(access.wakeup)) {
      access.wakeup.clear();
    }
    boolean fast = receive();
    if (!resync() && fast && !hasMoreEvents()) {
      LockSupport.parkNanos(REST_NS);
    }
    if (others.look(MonotonicClock.nowMs())) {
      gather();
    }
  }

  private int waitMs() {
    int waitMs = others.waitMs(MonotonicClock.nowMs());
    for (ReadingLoop loop : loops) {
      waitMs = Math.min(waitMs, loop.waitMs());
    }
    return waitMs;
  }

  /** Returns whether events come fast. */
  private boolean receive() throws ConntrackException {
    boolean fast = false;
    for (ReadingLoop loop : loops) {
      fast |= guarded(loop, receive);
    }
    return fast;
  }

  private boolean hasMoreEvents() {
    boolean more = false;
    for (ReadingLoop loop : loops) {
      more |= loop.hasMoreEvents();
    }
    return more;
  }

  /**
   * Takes a part of the dump that runs, or begins the resync that has been due longest. Returns
   * whether there was either.
   */
  private boolean resync() throws ConntrackException {
    ReadingLoop next = null;
    long longestMs = -1;
    for (ReadingLoop loop : loops) {
      if (loop.isDumping()) {
        guarded(loop, ReadingLoop::receivePortion);
        return true;
      }
      long overdueMs = loop.overdueMs();
      if (overdueMs > longestMs) {
        longestMs = overdueMs;
        next = loop;
      }
    }
    if (next != null) {
      guarded(next, ReadingLoop::beginResync);
    }
    return next != null;
  }

  /**
   * Whether there is something true to {@link #observe}: the own namespace's first resync is done,
   * and those of the others that were there at the start. One that comes later is absent until its
   * own is.
   */
  boolean isSynced() {
    synced = synced || Stream.of(loops).allMatch(ReadingLoop::isSynced);
    return synced;
  }

  /**
   * Whether an observation of now would be as good as it can be. The resyncs of all namespaces that
   * are not at rest come first, if together they take no longer than a scrape can wait.
   */
  boolean isReadyToObserve() throws ConntrackException {
    if (!isSynced()) {
      return false;
    }
    long nowMs = MonotonicClock.nowMs();
    if (waitingSinceMs == NOT_WAITING) {
      awaited = notAtRest();
      waitingSinceMs = nowMs;
    }
    boolean waits =
        ReaderCounters.areResyncsShort(
            awaited.stream().map(ReadingLoop::counters).toList(), access.dumpBudget.isFree(nowMs));
    boolean ready = true;
    for (int i = 0; waits && i < awaited.size(); i++) {
      ready &= guarded(awaited.get(i), ReadingLoop::isReadyToObserve);
    }
    if (!ready && nowMs - waitingSinceMs <= ReadingLoop.LONGEST_SCRAPE_WAIT_MS) {
      return false;
    }
    waitingSinceMs = NOT_WAITING;
    return true;
  }

  private List<ReadingLoop> notAtRest() throws ConntrackException {
    List<ReadingLoop> found = new ArrayList<>();
    for (ReadingLoop loop : loops) {
      if (!guarded(loop, ReadingLoop::isAtRest)) {
        found.add(loop);
      }
    }
    found.retainAll(List.of(loops)); // but for one that has failed just now
    return found;
  }

  /** Everything as it is between two batches. */
  Observation observe() throws ConntrackException {
    SortedMap<String, Observation> observed = new TreeMap<>();
    for (ReadingLoop loop : others.loops()) {
      if (loop.isSynced()) {
        guarded(loop, each -> observed.put(each.namespace().name(), each.observe()) == null);
      }
    }
    return own.observe().with(observed, others.counts());
  }

  /** To be called before {@link #close}, if another round goes on with what is kept. */
  void keepFlows() {
    loops().forEach(kept::keep);
  }

  /** Of all namespaces that are read now, the own one first. */
  List<ReadingLoop> loops() {
    return List.of(loops);
  }

  @Override
  public void close() throws ConntrackException {
    poller.close();
    try {
      others.close();
    } finally {
      try {
        own.close();
      } finally {
        access.close();
      }
    }
  }
}
