package io.conntrack.exporter.reading;

import io.conntrack.aggregator.EpochResult;
import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.kernel.AddressReader;
import io.conntrack.exporter.kernel.KernelAccess;
import io.conntrack.exporter.kernel.KernelSources;
import io.conntrack.exporter.kernel.KernelTableReader;
import io.conntrack.exporter.kernel.ListeningPorts;
import io.conntrack.exporter.kernel.TrackingHints;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.FlowLimit;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.exporter.terms.Protocols;
import io.conntrack.ffm.request.FlowDump;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.system.ConntrackException;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Poller;
import java.util.List;
import java.util.Set;
import org.tinylog.Logger;

/**
 * Reads the kernel in one network namespace and counts: receives events, and portions of a dump,
 * and applies them. {@link ReadingRound} says when.
 *
 * <p>Belongs to one thread, like its sources and its tables. It blocks in nothing, and makes no
 * garbage for an event.
 */
final class ReadingLoop implements AutoCloseable {
  /** Batches of events for each portion of a dump, since only events are lost when they wait. */
  private static final int BATCHES_A_TURN = 8;

  /** As many as a full buffer holds, so that a flood of events does not put off the sweep. */
  private static final int BATCHES_BEFORE_SWEEP = 2_000;

  /** So many dumps in a row may fail before the sockets are opened anew. */
  private static final int DUMP_FAILURES = 7;

  private static final long SCRAPE_RESYNC_PAUSE_MS = 1_000;

  /** A scrape is answered with what there is when resyncs take longer. */
  static final long LONGEST_SCRAPE_WAIT_MS = 200;

  private final KernelSources sources;
  private final EventSocket events;
  private final AddressReader localAddresses;
  private final ListeningPorts listeningPorts;

  private final NamespaceDump dump;
  private final FlowTracker tracker;
  private final FlowFeed feed;
  private final int maxEndpoints;
  private final ResyncInterval interval;
  private final FlowLimit flowLimit;
  private final ResyncSchedule schedule;
  private final ReaderCounters counters;
  private final LoopLog log;
  private final KernelTableReader kernelTable;
  private final TrackingHints hints;

  /** Whether the kernel sends events. */
  private final boolean listening;

  private final boolean countsBytes;

  /** A single look is to be right at once. */
  private final boolean once;

  /** Null unless events are logged. */
  private final EventLog eventLog;

  private final RulesFile rulesFile;
  private EndpointRules rules;
  private final Set<Integer> protocols;

  private boolean synced;
  private long lostBeforeEpoch;
  private int dumpFailures;

  /** The last batch was full: more can be received without waiting. */
  private boolean moreEvents;

  /** After an overrun the kernel drops all events until the queue has been emptied once. */
  private boolean draining;

  /**
   * Subscribed sources, and a tracker without flows; both are closed with this.
   *
   * @param rulesFile has the rules for endpoints, others from time to time
   */
  private ReadingLoop(
      KernelSources sources,
      FlowTracker tracker,
      Configuration configuration,
      RulesFile rulesFile,
      ReaderCounters counters,
      EventLog eventLog)
      throws ConntrackException {
    this.sources = sources;
    this.events = sources.events;
    this.dump = new NamespaceDump(sources);
    this.tracker = tracker;
    this.listening = configuration.events();
    this.countsBytes = configuration.endpoints().traffic();
    this.once = configuration.once();
    this.feed = new FlowFeed(tracker, configuration, counters, eventLog, sources.namespace);
    this.localAddresses = new AddressReader(sources.addresses, tracker);
    this.listeningPorts = new ListeningPorts(sources.namespace, tracker);
    this.eventLog = eventLog;
    this.maxEndpoints = configuration.maxEndpoints();
    this.interval = new ResyncInterval(configuration, sources);
    this.flowLimit = configuration.flowLimit();
    this.schedule = new ResyncSchedule(MonotonicClock.nowMs());
    this.counters = counters;
    this.kernelTable =
        new KernelTableReader(sources.statistics, sources.namespace, counters.kernel);
    this.hints = new TrackingHints(configuration);
    this.log = new LoopLog(sources.namespace);
    this.rulesFile = rulesFile;
    this.protocols = new Protocols(configuration.protocols()).numbers();
    follow(rulesFile.rules());
  }

  /**
   * Subscribes in a namespace.
   *
   * @param counters go on from where an earlier loop ended
   * @param eventLog null unless events are logged
   */
  static ReadingLoop open(
      NetworkNamespace namespace,
      KernelAccess access,
      Configuration configuration,
      RulesFile rulesFile,
      ReaderCounters counters,
      EventLog eventLog)
      throws ConntrackException {
    KernelSources sources = KernelSources.open(configuration, namespace, access);
    try {
      FlowTracker tracker = counters.openFlows(configuration.trackerOptions());
      return new ReadingLoop(sources, tracker, configuration, rulesFile, counters, eventLog);
    } catch (Throwable t) {
      counters.endFlows();
      sources.close();
      throw t;
    }
  }

  NetworkNamespace namespace() {
    return sources.namespace;
  }

  KernelSources sources() {
    return sources;
  }

  /** What is to be waited for, beside the dump. */
  List<Poller.Source> waitedFor() {
    return List.of(events, sources.addresses);
  }

  /**
   * Receives a bounded number of events, if there are any. Returns whether they come so fast that
   * the next ones are better received together.
   */
  boolean receive(Poller poller) throws ConntrackException {
    tracker.clock(MonotonicClock.nowMs());
    if (localAddresses.haveChanged(poller.isReady(sources.addresses))) {
      schedule.addressesChanged(MonotonicClock.nowMs());
    }
    if (rulesFile.rules() != rules) {
      follow(rulesFile.rules());
      schedule.rulesChanged(MonotonicClock.nowMs());
    }
    return (moreEvents || poller.isReady(events)) && receiveEvents(BATCHES_A_TURN);
  }

  /**
   * The groups that they name are there in the own namespace, to be alerted on; in each of many
   * other ones they would be mostly zeros.
   */
  private void follow(EndpointRules others) {
    rules = others;
    tracker.endpointRules(rules);
    int left = sources.namespace.isOwn() ? tracker.keepGroups(rules, protocols) : 0;
    log.groupsLeft(left, maxEndpoints);
  }

  /** Whether more events can be received without waiting. */
  boolean hasMoreEvents() {
    return moreEvents;
  }

  /**
   * How long may be waited. A dump that brings nothing has to be told from one that is slow; that
   * of another namespace ends by itself.
   */
  int waitMs() {
    if (moreEvents || dump.isRunning()) {
      return moreEvents ? 0 : FlowDump.SILENCE_MS;
    }
    int waitMs =
        dump.waitsForAnother() ? Integer.MAX_VALUE : schedule.waitMs(MonotonicClock.nowMs());
    return Math.min(waitMs, localAddresses.waitMs());
  }

  boolean isDumping() {
    return dump.isRunning();
  }

  /** For how long a resync has been due, in milliseconds; below zero if none is. */
  long overdueMs() {
    return draining ? -1 : schedule.overdueMs(MonotonicClock.nowMs());
  }

  private boolean receiveEvents(int mostBatches) throws ConntrackException {
    boolean busy = receiveBatch();
    for (int i = 1; i < mostBatches && moreEvents; i++) {
      busy = receiveBatch();
    }
    return busy;
  }

  private boolean receiveBatch() throws ConntrackException {
    EventSocket.Received received = events.receive();
    if (received == EventSocket.Received.OVERRUN) {
      overrun();
      return true;
    }
    feed.takeEvents(events);
    moreEvents = received == EventSocket.Received.MORE;
    draining &= moreEvents;
    return events.flows().size() > 1;
  }

  /**
   * What is still queued is from before the loss; what comes after it is lost until that is read.
   */
  private void overrun() {
    counters.overrun();
    tracker.eventsLost();
    moreEvents = true;
    draining = true;
    abandonResync();
    schedule.overrun(MonotonicClock.nowMs());
    log.overrun(MonotonicClock.nowMs());
  }

  /** Only while no dump runs, of any namespace. Returns whether one does now. */
  boolean beginResync() throws ConntrackException {
    if (interval.isStretched() && isAtRest()) {
      schedule.postpone(MonotonicClock.nowMs(), ResyncInterval.USUAL_MS);
      return false;
    }
    countLost();
    lostBeforeEpoch = counters.lost();
    ResyncReason reason = schedule.begin(MonotonicClock.nowMs());
    counters.resyncBegun(reason);
    tracker.limitFlows(flowLimit.now());
    if (!listening) {
      tracker.eventsLost();
    }
    if (sources.namespace.isOwn() || !synced || dump.entries() > 0) {
      boolean mayBeOld = listening && reason == ResyncReason.SCRAPE;
      listeningPorts.read(MonotonicClock.nowMs(), counters.created(), mayBeOld);
    }
    tracker.openEpoch();
    if (!dump.begin(counters.created())) {
      endResync(false);
    }
    return dump.isRunning();
  }

  /** Only while {@link #isDumping}. Returns whether it still is. */
  boolean receivePortion() throws ConntrackException {
    FlowDump.Received received = dump.receive();
    counters.undecodable += dump.takeUndecodable();
    feed.takeEntries(dump.flows());
    switch (received) {
      case PORTION -> {}
      case DONE -> endResync(true);
      case FAILED -> dumpFailed(dump.failure());
    }
    return dump.isRunning();
  }

  /** One that is refused from the start would be for ever; without any the numbers grow old. */
  private void dumpFailed(ConntrackException failure) throws ConntrackException {
    dumpFailures++;
    if ((!synced && failure.isLasting()) || dumpFailures > DUMP_FAILURES) {
      throw failure;
    }
    log.dumpFailure(failure, MonotonicClock.nowMs());
    resyncFailed();
  }

  /**
   * Clean only if nothing was dropped since the epoch was opened, told by ENOBUFS or not yet. Why a
   * flow ended that the dump lacks, an event may tell that is still queued: those come first.
   */
  private void endResync(boolean dumped) throws ConntrackException {
    if (dumped) {
      dump.counted();
    }
    receiveEvents(BATCHES_BEFORE_SWEEP);
    if (!tracker.epochOpen()) {
      return; // an overrun has abandoned it
    }
    countLost();
    if (counters.lost() != lostBeforeEpoch) {
      resyncFailed();
      return;
    }
    if (dumped && (dump.isResized() || tracker.sawTwice())) {
      tracker.abandonResizedEpoch();
      counters.removals(tracker.takePutOff(), tracker.takeAverted());
      log.resized(MonotonicClock.nowMs());
      schedule.retry(MonotonicClock.nowMs());
      return;
    }
    EpochResult result = tracker.closeEpoch(dumped && dump.isDoubtful(counters.created()));
    Logger.debug("Resync: {}", result);
    if (!result.clean()) {
      resyncFailed();
      return;
    }
    if (sources.namespace.isOwn()) {
      hints.afterResync(dump.entries(), interval.misses());
    }
    synced |= !once || !tracker.isUnsettled();
    dumpFailures = 0;
    counters.resyncSucceeded(result, dump.entries(), dump.costNs());
    long nowMs = MonotonicClock.nowMs();
    log.zeroed(counters.zeroed(tracker.takeZeroed()), nowMs);
    if (result.roomForUntracked() || ((listening || once) && tracker.isUnsettled())) {
      schedule.retry(nowMs);
    } else {
      schedule.succeeded(nowMs, interval.afterMs(counters.resyncCostNs(), dump.entries()));
      log.bounds(result.untracked(), tracker, nowMs);
    }
  }

  private void resyncFailed() {
    abandonResync();
    schedule.retry(MonotonicClock.nowMs());
  }

  private void abandonResync() {
    dump.end();
    if (tracker.epochOpen()) {
      tracker.abandonEpoch();
    }
  }

  private void countLost() throws ConntrackException {
    if (counters.lost(events.takeLost()) > 0) {
      tracker.eventsLost();
    }
  }

  /** Whether the first resync is done, so that there is something true to {@link #observe}. */
  boolean isSynced() {
    return synced;
  }

  /**
   * Whether a resync would show nothing new: none is asked for, no event came since the last one
   * began, no flow can have changed or ended without an event, and the kernel has as many entries
   * as that one showed. How many bytes flows carry only dumps tell.
   */
  boolean isAtRest() throws ConntrackException {
    if (!synced || !listening || countsBytes || moreEvents || draining || !schedule.isCalm()) {
      return false;
    }
    countLost();
    return counters.lost() == lostBeforeEpoch
        && tracker.isAtRest(MonotonicClock.nowMs())
        && dump.showedAll();
  }

  /**
   * Whether an observation of now would be as good as it can be. An expired entry sends no event
   * before the kernel collects it, and is in no dump. So a resync comes first, at most one a
   * second. While it runs, or another namespace's dump, the answer is no.
   */
  boolean isReadyToObserve() throws ConntrackException {
    if (!synced || draining) {
      return true;
    }
    long sinceMs = counters.msSinceResyncBegan();
    if (schedule.isRunning() || sinceMs < SCRAPE_RESYNC_PAUSE_MS) {
      return !schedule.isRunning() || sinceMs > LONGEST_SCRAPE_WAIT_MS;
    }
    if (dump.waitsForAnother()) {
      return false;
    }
    schedule.scrape();
    return !beginResync();
  }

  ReaderCounters counters() {
    return counters;
  }

  /** Everything as it is between two batches. */
  Observation observe() throws ConntrackException {
    count();
    return new Observation(
        tracker.snapshot(MonotonicClock.nowMs()),
        counters.statistics(maxEndpoints, events.receiveBufferBytes()),
        kernelTable.read(),
        rulesFile.status());
  }

  /** Takes what the sources and the tracker have counted since this was called last. */
  private void count() throws ConntrackException {
    counters.endpointsMoved(tracker.takeMovedIn(), tracker.takeMovedOut());
    counters.undecodable += events.takeUndecodable();
    if (eventLog != null && sources.namespace.isOwn()) {
      counters.unlogged += eventLog.takeDropped(); // of any namespace
    }
    countLost();
  }

  /** Leaves nothing uncounted. */
  @Override
  public void close() throws ConntrackException {
    try {
      count();
    } finally {
      dump.end();
      counters.closeFlows();
      sources.close();
    }
  }
}
