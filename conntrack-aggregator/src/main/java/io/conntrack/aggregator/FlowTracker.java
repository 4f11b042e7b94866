package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.remote.ServicePorts;
import io.conntrack.aggregator.snapshot.Snapshot;
import java.util.Set;

/**
 * Follows the kernel's flows and counts them by remote endpoint and state.
 *
 * <p>What the kernel says comes as events, in their order, and during an epoch also as entries of
 * its dumps, interleaved in any way. The reader opens an epoch when the event queue has been
 * emptied since the last loss, requests the dumps only then, and ends the epoch in one of two ways:
 * {@link #closeEpoch} when every dump is complete and no event was lost since it opened, else
 * {@link #abandonEpoch}. Entries of a dump that was requested before the epoch opened must not get
 * into it.
 *
 * <p>One thread, the reader, makes this and calls everything: the memory is off the heap and
 * confined to the thread that made it. Only snapshots leave it. Nothing is allocated on the heap
 * per message.
 *
 * <p>A message that tells no state ({@link Flow#NO_STATE}) leaves a known one as it is. A flow
 * whose state was never told, or is NONE, is tracked, but not counted, and has no endpoint; so is
 * one whose remote host is ignored.
 */
public final class FlowTracker implements AutoCloseable {
  /** How many flows {@link #expect} takes at a time. */
  public static final int MOST_EXPECTED = 32;

  private final Thread reader = Thread.currentThread();
  private final FlowTable flows;
  private final EndpointTables tables;
  private final ConnectionCounter counter;
  private final EndpointResolver resolver;

  /** Null unless options ask for it. */
  private final SourceCounter sources;

  private final Lookahead lookahead;
  private final CountedFlows counted;
  private final FlowEnds ends;

  /** Null unless options ask for it. */
  private final FlowMeasures measures;

  private long nowMs;
  private long untrackedFlows;

  /** An epoch ended clean: what is new to this since then is new. */
  private boolean synced;

  /** Events were lost since the last clean epoch. */
  private boolean eventsLost;

  /** See {@link #isUnsettled}. */
  private boolean unsettled;

  private final Epoch epoch = new Epoch();
  private final Sweep sweep;
  private final CensusTaker census;

  public FlowTracker(TrackerOptions options) {
    int words = SourceCounter.words(options) + FlowMeasures.words(options);
    int tombstones = TrackerOptions.tombstonesFor(options.maxFlows());
    boolean rests = options.endpoints().traffic() || options.records();
    flows = new FlowTable(options.maxFlows(), tombstones, words, rests);
    tables = new EndpointTables(options);
    EndpointTable endpoints = tables.endpoints();
    resolver = new EndpointResolver(endpoints, options.ignored(), options.endpoints());
    counter = new ConnectionCounter(endpoints, resolver);
    lookahead = new Lookahead(flows, endpoints, resolver);
    sources = SourceCounter.of(options, flows, tables.sources(), resolver);
    OutcomeCounter outcomes = new OutcomeCounter(endpoints.counts(), tables.sourceCounts());
    measures = FlowMeasures.of(options, flows, tables, sources, resolver);
    ends = new FlowEnds(resolver);
    counted = new CountedFlows(flows, counter, sources, outcomes, lookahead, measures, ends);
    sweep = new Sweep(epoch, flows, counted, measures);
    census = new CensusTaker(options, flows, endpoints, resolver);
  }

  /** Sets another {@link TrackerOptions#maxFlows}. A smaller one removes no flow that is there. */
  public void limitFlows(int maxFlows) {
    assert sameThread();
    TrackerOptions.requireFlows(maxFlows);
    flows.limit(maxFlows, TrackerOptions.tombstonesFor(maxFlows));
    census.limit(maxFlows);
  }

  /** Tells the time in ms, by any monotonic clock, once a batch. Retentions begin at the last. */
  public void clock(long nowMs) {
    assert sameThread();
    this.nowMs = nowMs;
    tables.clock(nowMs);
  }

  /**
   * Sets the addresses that are this host's. To be called before the first flow. After a change,
   * each flow has its new endpoint when a message has shown it, and all have at the clean end of an
   * epoch that was opened after this call.
   */
  public void localAddresses(LocalAddresses addresses) {
    assert sameThread();
    resolver.localAddresses(addresses);
  }

  /**
   * Sets the ports that servers of this host listen on; at the beginning there are none. Flows that
   * are known get their new endpoints as after {@link #localAddresses}.
   */
  public void servicePorts(ServicePorts ports) {
    assert sameThread();
    resolver.servicePorts(ports);
  }

  /**
   * Sets other rules for endpoints; at the beginning there are none. Flows that are known get their
   * new endpoints as after {@link #localAddresses}.
   */
  public void endpointRules(EndpointRules rules) {
    assert sameThread();
    resolver.rules(rules);
    if (sources != null) {
      sources.rules(rules.sources());
    }
  }

  /**
   * From now on the groups that these rules name are shown without connections too, at zero.
   *
   * @param protocols the numbers of those that are counted
   * @return how many endpoints of groups have no room now
   */
  public int keepGroups(EndpointRules rules, Set<Integer> protocols) {
    assert sameThread();
    return tables.keepGroups(rules, protocols);
  }

  /**
   * A hint: the next messages are about the first {@code count} of these flows, {@link
   * #MOST_EXPECTED} at most, which do not change until then. Counts nothing, and makes what comes
   * faster: see {@link Lookahead}.
   */
  public void expect(Flow[] next, int count) {
    assert sameThread();
    lookahead.expect(next, count);
  }

  /** A flow began. If it is known already, an event after a dump says so again. */
  public void onNew(Flow flow) {
    assert sameThread();
    epoch.event();
    observe(flow, lookahead.takeHash(flow), true);
  }

  /** A flow changed. Without a state it says nothing that counts, not even that the flow is new. */
  public void onUpdate(Flow flow) {
    assert sameThread();
    epoch.event();
    long hash = lookahead.takeHash(flow);
    if (flow.tcpState != Flow.NO_STATE) {
      observe(flow, hash, false);
    }
  }

  private void observe(Flow flow, long hash, boolean begins) {
    long slot = flows.find(hash);
    if (slot >= 0 && FlowEntry.isFlow(flows.value(slot))) {
      counted.change(flow, slot, begins, epoch.number());
    } else {
      counted.forget(slot);
      counted.insert(flow, hash, begins, false, synced, epoch.number());
    }
  }

  /** A flow ended. In an epoch this is kept in mind, lest a dump entry on its way revives it. */
  public void onDestroy(Flow flow) {
    assert sameThread();
    epoch.event();
    long hash = lookahead.takeHash(flow);
    long slot = flows.find(hash);
    counted.destroy(flow, slot);
    if (epoch.isOpen()) {
      bury(hash);
    }
  }

  private void bury(long hash) {
    if (flows.hasRoomForTombstone()) {
      flows.insert(hash, FlowEntry.tombstone(epoch.number()));
    } else {
      epoch.spoil();
    }
  }

  /** Events were lost, or there are none. The next clean epoch cannot tell how flows ended. */
  public void eventsLost() {
    assert sameThread();
    eventsLost = true;
  }

  /** Reading failed and begins anew. What was missed meanwhile is as after {@link #eventsLost}. */
  public void readAnew() {
    assert sameThread();
    if (epoch.isOpen()) {
      abandonEpoch();
    }
    eventsLost();
    servicePorts(ServicePorts.NONE);
  }

  /** Begins a resync: what was known is in doubt until an event or a dump entry shows it. */
  public void openEpoch() {
    assert sameThread();
    epoch.open();
    tables.openEpoch();
    census.begin(nowMs);
  }

  public boolean epochOpen() {
    assert sameThread();
    return epoch.isOpen();
  }

  /**
   * An entry of a dump. It changes nothing when this epoch has seen the flow, live or ended: if the
   * entry is newer than what was seen, the event that made it so is still in the queue.
   */
  public void onDumpEntry(Flow flow) {
    assert sameThread();
    epoch.require("onDumpEntry");
    long hash = lookahead.takeHash(flow);
    census.count(flow);
    census.take(flow, hash, nowMs);
    long slot = flows.find(hash);
    if (slot < 0 || FlowEntry.isExpired(flows.value(slot))) {
      boolean there =
          slot < 0
              ? counted.insert(flow, hash, false, true, synced, epoch.number())
              : counted.revive(flow, slot, epoch.number());
      epoch.added(there);
    } else if (epoch.dumped(flows.value(slot))) {
      epoch.corrected(counted.correct(flow, slot, epoch.number()));
    }
  }

  /** An entry of a dump that is not to be tracked, since its protocol is not counted. */
  public void onOtherEntry(Flow flow) {
    assert sameThread();
    census.count(flow);
  }

  /**
   * Whether the dump of this epoch has shown more flows twice than events and a bucket that is
   * walked again explain: the kernel's hash table was resized meanwhile.
   */
  public boolean sawTwice() {
    assert sameThread();
    return epoch.sawTwice();
  }

  /** Flows that an epoch lacked and left, and that a dump has shown since; asked once. */
  public long takeAverted() {
    assert sameThread();
    return epoch.takeAverted();
  }

  /** Flows that a doubtful epoch lacked and left, until another one lacks them too; asked once. */
  public long takePutOff() {
    assert sameThread();
    return epoch.takePutOff();
  }

  /**
   * Flows whose counters of bytes and packets went back since this was asked: somebody zeroed them
   * in the kernel. To be asked after each epoch.
   */
  public long takeZeroed() {
    assert sameThread();
    return measures == null ? 0 : measures.takeZeroed();
  }

  /** The same as {@link #closeEpoch(boolean)} of an epoch that is not doubtful. */
  public EpochResult closeEpoch() {
    return closeEpoch(false);
  }

  /**
   * Ends an epoch whose dumps are all complete and in which no event was lost: removes what neither
   * an entry nor an event has shown. Not clean, and nothing removed, if more flows ended meanwhile
   * than could be kept in mind.
   *
   * @param doubtful whether the kernel may have more flows than its dump had. Then a flow is
   *     removed only if the complete dump before this one lacked it too
   */
  public EpochResult closeEpoch(boolean doubtful) {
    assert sameThread();
    epoch.require("closeEpoch");
    boolean clean = !epoch.isSpoiled();
    unsettled = clean && (eventsLost || !synced) && tables.areUnsettled();
    long removed = endEpoch(clean, doubtful);
    if (eventsLost) {
      takeZeroed(); // the end of a flow and the beginning of the next may be among what was lost
    }
    if (clean) {
      synced = true;
      eventsLost &= epoch.isDoubted();
      if (measures != null) {
        measures.epochClosed(nowMs);
      }
      if (!epoch.isDoubted()) {
        tables.revealHidden();
      }
      untrackedFlows = epoch.untracked();
      if (!doubtful) {
        census.end(nowMs);
      }
    }
    return epoch.result(removed, flows.room());
  }

  /** Ends an epoch that lost something, an event or a part of a dump: removes nothing. */
  public void abandonEpoch() {
    assert sameThread();
    epoch.require("abandonEpoch");
    endEpoch(false, false);
  }

  /**
   * Ends an epoch in which the kernel's hash table was resized: its dump may lack many flows though
   * it was complete. Removes nothing, and counts what it lacks as put off.
   */
  public void abandonResizedEpoch() {
    assert sameThread();
    epoch.require("abandonResizedEpoch");
    long absent = sweep.countAbsent();
    endEpoch(false, false);
    epoch.resized(absent);
  }

  private long endEpoch(boolean clean, boolean doubtful) {
    epoch.end();
    long removed = sweep.remove(clean, doubtful, eventsLost);
    tables.endEpoch();
    if (clean) {
      epoch.completed();
    }
    assert recountAgrees();
    return removed;
  }

  /** What is true now. Endpoints whose retention is over at this time are gone. */
  public Snapshot snapshot(long nowMs) {
    clock(nowMs);
    return tables.snapshot(counter, sources, flows.flows(), untrackedFlows, census.at(nowMs));
  }

  /** Whether flows are counted at the overflow endpoint, since theirs had no room. */
  public boolean isOverflowing() {
    assert sameThread();
    return tables.endpoints().isOverflowing();
  }

  /** The same of sources. */
  public boolean areSourcesOverflowing() {
    assert sameThread();
    return tables.areSourcesOverflowing();
  }

  /**
   * Whether, at the last clean end of an epoch, connections that were opening may have been in
   * {@code other} though their client had shown by others that it is there. Another epoch finds
   * them their endpoint. Only after a loss and at the start: else it is so for moments.
   */
  public boolean isUnsettled() {
    assert sameThread();
    return unsettled;
  }

  /** Whether another epoch would change nothing, as far as what the kernel has told goes. */
  public boolean isAtRest(long nowMs) {
    assert sameThread();
    return epoch.isLastWord()
        && !eventsLost
        && counted.areToldByEvents()
        && census.areResting(nowMs)
        && !tables.areOverflowing();
  }

  /** How many endpoints moved from {@code other} to series of their own since this was asked. */
  public long takeMovedIn() {
    assert sameThread();
    return tables.endpoints().takeMovedIn();
  }

  /** How many endpoints moved to {@code other}, which heavier ones pushed out. */
  public long takeMovedOut() {
    assert sameThread();
    return tables.endpoints().takeMovedOut();
  }

  /** Which end of the flow is the remote one, by the local addresses of now. */
  public RemoteEnd remoteEnd(Flow flow) {
    assert sameThread();
    return resolver.remoteEnd(flow);
  }

  /** How flows have ended. */
  public FlowEnds ends() {
    return ends;
  }

  /** Whether the flow's remote host is one that is to be ignored. */
  public boolean isIgnored(Flow flow) {
    assert sameThread();
    return resolver.isIgnored(flow);
  }

  /** Memory for flows, and for endpoints beside labels, as far as it grows. For tests. */
  long memoryBytes() {
    return flows.memoryBytes() + tables.memoryBytes();
  }

  /**
   * Whether the sum over all flows, one by one, equals what the endpoints say. Slow: for
   * assertions.
   */
  boolean recountAgrees() {
    return counter.agreesWith(flows) && counted.agrees() && (sources == null || sources.agrees());
  }

  private boolean sameThread() {
    return Thread.currentThread().equals(reader);
  }

  @Override
  public void close() {
    assert sameThread();
    flows.close();
    tables.close();
    census.close();
  }
}
