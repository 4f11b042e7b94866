package io.conntrack.exporter;

import io.conntrack.aggregator.EpochResult;
import io.conntrack.aggregator.Flow;
import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.LocalAddresses;
import io.conntrack.ffm.AddressSocket;
import io.conntrack.ffm.ConntrackException;
import io.conntrack.ffm.EventSocket;
import io.conntrack.ffm.FlowBatch;
import io.conntrack.ffm.FlowDump;
import io.conntrack.ffm.FlowRecord;
import io.conntrack.ffm.Poller;
import io.conntrack.ffm.Wakeup;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.tinylog.Logger;

/**
 * Reads the kernel and counts: takes a batch of events and a portion of a dump in turns, so that
 * neither queue fills up behind the other, and applies them.
 *
 * <p>Belongs to one thread, like its sources and its tables. It blocks in nothing but {@link
 * Poller#await}, and makes no garbage for an event.
 */
final class ReadingLoop {
  private final Wakeup wakeup;
  private final EventSocket events;
  private final AddressSocket addresses;
  private final FlowDump dump;
  private final Poller poller;
  private final FlowTracker tracker;
  private final ResyncSchedule schedule;
  private final ReaderCounters counters = new ReaderCounters();
  private final Flow flow = new Flow();
  private long[] localAddresses = {};

  /** The last batch was full: more can be received without waiting. */
  private boolean moreEvents;

  /** After an overrun the kernel drops all events until the queue has been emptied once. */
  private boolean draining;

  /** Subscribed sources, and a tracker without flows. Both stay the caller's to close. */
  ReadingLoop(KernelSources sources, FlowTracker tracker, long resyncIntervalMs)
      throws ConntrackException {
    this.wakeup = sources.wakeup;
    this.events = sources.events;
    this.addresses = sources.addresses;
    this.dump = sources.dump;
    this.poller = sources.poller;
    this.tracker = tracker;
    this.schedule = new ResyncSchedule(resyncIntervalMs, nowMs());
    readAddresses();
  }

  /** Waits until there is something to do, and does a bounded piece of it. */
  void turn() throws ConntrackException {
    poller.await(moreEvents ? 0 : schedule.waitMs(nowMs()));
    if (poller.isReady(wakeup)) {
      wakeup.clear();
    }
    if (poller.isReady(addresses) && addresses.takeChanged() && readAddresses()) {
      schedule.addressesChanged(nowMs());
    }
    if (moreEvents || poller.isReady(events)) {
      receiveEvents();
    }
    if (dump.isRunning()) {
      receivePortion();
    } else if (!draining && schedule.isDue(nowMs())) {
      beginResync();
    }
  }

  /** Returns whether they are others than before. */
  private boolean readAddresses() throws ConntrackException {
    long[] now = addresses.read();
    if (Arrays.equals(now, localAddresses)) {
      return false;
    }
    localAddresses = now;
    tracker.localAddresses(LocalAddresses.of(now));
    return true;
  }

  private void receiveEvents() throws ConntrackException {
    EventSocket.Received received = events.receive();
    if (received == EventSocket.Received.OVERRUN) {
      overrun();
      return;
    }
    applyEvents(events.flows());
    moreEvents = received == EventSocket.Received.MORE;
    draining &= moreEvents;
  }

  /** What is still queued is from before the loss; what comes after it is lost until that is read. */
  private void overrun() {
    counters.overruns++;
    moreEvents = true;
    draining = true;
    abandonResync();
    schedule.overrun(nowMs());
  }

  private void applyEvents(FlowBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      long record = batch.offset(i);
      int kind = FlowRecord.kind(batch.records(), record);
      counters.event(kind);
      if (FlowRecord.protocol(batch.records(), record) == IpProtocol.TCP) {
        FlowCopy.copy(batch.records(), record, flow);
        switch (kind) {
          case FlowRecord.NEW -> tracker.onNew(flow);
          case FlowRecord.UPDATE -> tracker.onUpdate(flow);
          default -> tracker.onDestroy(flow);
        }
      }
    }
  }

  private void beginResync() throws ConntrackException {
    countLost(); // of before the epoch
    counters.resyncBegun(schedule.begin());
    tracker.openEpoch();
    dump.begin();
  }

  private void receivePortion() throws ConntrackException {
    FlowDump.Received received = dump.receive();
    applyEntries(dump.flows());
    switch (received) {
      case PORTION -> {}
      case DONE -> endResync();
      case FAILED -> {
        Logger.warn("{}. A new resync follows", dump.failure().getMessage());
        abandonResync();
        schedule.failed(nowMs());
      }
    }
  }

  private void applyEntries(FlowBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      long record = batch.offset(i);
      if (FlowRecord.protocol(batch.records(), record) == IpProtocol.TCP) {
        FlowCopy.copy(batch.records(), record, flow);
        tracker.onDumpEntry(flow);
      }
    }
  }

  /** Clean only if nothing was dropped since the epoch was opened, told by ENOBUFS or not yet. */
  private void endResync() throws ConntrackException {
    if (countLost() > 0) {
      abandonResync();
      schedule.failed(nowMs());
      return;
    }
    EpochResult result = tracker.closeEpoch();
    if (!result.clean()) {
      schedule.failed(nowMs());
      return;
    }
    counters.resyncSucceeded(result);
    schedule.succeeded(nowMs());
  }

  private void abandonResync() {
    dump.end();
    if (tracker.epochOpen()) {
      tracker.abandonEpoch();
    }
  }

  private long countLost() throws ConntrackException {
    long lost = events.takeLost();
    counters.lost += lost;
    return lost;
  }

  /** Whether the first resync is done, so that there is something true to {@link #observe}. */
  boolean isSynced() {
    return counters.everResynced();
  }

  /** Everything as it is between two batches. */
  Observation observe() throws ConntrackException {
    countLost();
    long undecodable = events.undecodable() + dump.undecodable();
    return new Observation(
        tracker.snapshot(nowMs()),
        counters.statistics(undecodable, events.receiveBufferBytes()));
  }

  private static long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
