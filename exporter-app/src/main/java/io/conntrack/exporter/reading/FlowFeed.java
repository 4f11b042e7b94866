package io.conntrack.exporter.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.eventlog.FlowCopy;
import io.conntrack.exporter.eventlog.KernelTimes;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.terms.Protocols;
import io.conntrack.ffm.message.FlowBatch;
import io.conntrack.ffm.message.FlowExtras;
import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.system.NetworkNamespace;
import java.util.stream.Stream;

/**
 * Hands what was received from one network namespace to its tracker, and to the event log.
 *
 * <p>Belongs to the reader, like the tracker. Makes no garbage for a flow.
 */
final class FlowFeed {
  private final FlowTracker tracker;
  private final Protocols protocols;
  private final ReaderCounters counters;

  /** Null unless events are logged. */
  private final EventLog eventLog;

  /** The name of the namespace in ASCII, for the event log. */
  private final byte[] netns;

  /** Whether the log tells how flows ended. */
  private final boolean records;

  private final boolean times;

  /** Null unless more is counted than the records tell. */
  private final FlowExtras extras;

  private final KernelTimes kernelTimes = new KernelTimes();

  private final Flow[] flows =
      Stream.generate(Flow::new).limit(FlowTracker.MOST_EXPECTED).toArray(Flow[]::new);

  FlowFeed(
      FlowTracker tracker,
      Configuration configuration,
      ReaderCounters counters,
      EventLog eventLog,
      NetworkNamespace namespace) {
    this.tracker = tracker;
    this.protocols = new Protocols(configuration.protocols());
    EndpointOptions options = configuration.endpoints();
    this.eventLog = eventLog;
    this.records = eventLog != null && eventLog.hasRecords();
    this.times = options.times() || records;
    this.extras = options.traffic() || times ? new FlowExtras() : null;
    this.counters = counters;
    this.netns = namespace.name().getBytes(US_ASCII);
    if (records) {
      tracker.ends().tellLost(this::takeLostEnd);
    }
  }

  private void takeLostEnd(FlowEnd end) {
    if (end.logged) {
      eventLog.putLost(netns, end);
    }
  }

  /** Takes the events that were received last. */
  void takeEvents(EventSocket events) {
    FlowBatch batch = events.flows();
    for (int start = 0; start < batch.size(); start += flows.length) {
      int count = copy(batch, start, times);
      for (int i = 0; i < count; i++) {
        takeEvent(events, start + i, flows[i]);
      }
    }
    if (eventLog != null && batch.size() > 0) {
      eventLog.wake();
    }
  }

  private void takeEvent(EventSocket events, int index, Flow flow) {
    FlowBatch batch = events.flows();
    int kind = FlowRecord.kind(batch.records(), batch.offset(index));
    counters.event(kind);
    flow.logged = eventLog != null && eventLog.choice().hasFlow(flow);
    boolean tracked = protocols.contain(flow.protocol);
    if (tracked) {
      track(kind, flow);
    }
    if (flow.logged && eventLog.choice().hasKind(kind) && !tracker.isIgnored(flow)) {
      boolean ends = records && kind == FlowRecord.DESTROY;
      FlowEnd end = ends ? tracker.ends().of(flow, tracked) : null;
      eventLog.put(events, index, netns, tracker.remoteEnd(flow), end);
    }
  }

  private void track(int kind, Flow flow) {
    switch (kind) {
      case FlowRecord.NEW -> tracker.onNew(flow);
      case FlowRecord.UPDATE -> tracker.onUpdate(flow);
      default -> tracker.onDestroy(flow);
    }
  }

  /** Takes entries of a dump, in an epoch. */
  void takeEntries(FlowBatch batch) {
    for (int start = 0; start < batch.size(); start += flows.length) {
      int count = copy(batch, start, true);
      for (int i = 0; i < count; i++) {
        if (protocols.contain(flows[i].protocol)) {
          flows[i].logged = records && eventLog.choice().hasFlow(flows[i]);
          tracker.onDumpEntry(flows[i]);
        } else {
          tracker.onOtherEntry(flows[i]);
        }
      }
    }
  }

  /**
   * Fills {@link #flows} from a batch, and tells the tracker to expect them. Returns how many.
   *
   * @param allHaveExtras whether all messages tell what the records do not, or only those of ends
   */
  private int copy(FlowBatch batch, int start, boolean allHaveExtras) {
    int count = Math.min(flows.length, batch.size() - start);
    long receivedNs = extras == null ? 0 : kernelTimes.look();
    for (int i = 0; i < count; i++) {
      long record = batch.offset(start + i);
      FlowCopy.copy(batch.records(), record, flows[i]);
      if (extras == null) {
        continue;
      }
      if (allHaveExtras || FlowRecord.kind(batch.records(), record) == FlowRecord.DESTROY) {
        batch.readExtras(start + i, extras);
        FlowCopy.copyExtras(extras, kernelTimes, receivedNs, flows[i]);
      } else {
        flows[i].hasCounters = false;
      }
    }
    tracker.expect(flows, count);
    return count;
  }
}
