package io.conntrack.exporter.eventlog;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.TcpStandIn;
import io.conntrack.exporter.terms.IpProtocol;
import io.conntrack.ffm.message.FlowExtras;
import io.conntrack.ffm.message.FlowRecord;
import java.lang.foreign.MemorySegment;

/** Joins the two modules: copies a decoded record into the flow that is counted. */
public final class FlowCopy {
  static {
    assert FlowRecord.NO_STATE == Flow.NO_STATE : "both modules write an untold state alike";
  }

  private FlowCopy() {}

  /**
   * What the message tells beside the record, of the same flow.
   *
   * @param receivedNs when it was received, by a clock that does not jump. No flow has times of
   *     both clocks: the kernel stamps all events of a flow, or none
   */
  public static void copyExtras(FlowExtras extras, KernelTimes times, long receivedNs, Flow flow) {
    flow.hasCounters = extras.hasCounters();
    flow.originalPackets = extras.originalPackets();
    flow.originalBytes = extras.originalBytes();
    flow.replyPackets = extras.replyPackets();
    flow.replyBytes = extras.replyBytes();
    flow.startNs = times.ofStart(extras.startUnixNs());
    long eventUnixNs = extras.eventUnixNs();
    flow.timeNs = eventUnixNs > 0 ? times.ofEvent(eventUnixNs) : receivedNs;
  }

  public static void copy(MemorySegment records, long record, Flow flow) {
    flow.originalSourceHigh = FlowRecord.originalSourceHigh(records, record);
    flow.originalSourceLow = FlowRecord.originalSourceLow(records, record);
    flow.originalDestinationHigh = FlowRecord.originalDestinationHigh(records, record);
    flow.originalDestinationLow = FlowRecord.originalDestinationLow(records, record);
    flow.replySourceHigh = FlowRecord.replySourceHigh(records, record);
    flow.replySourceLow = FlowRecord.replySourceLow(records, record);
    flow.replyDestinationHigh = FlowRecord.replyDestinationHigh(records, record);
    flow.replyDestinationLow = FlowRecord.replyDestinationLow(records, record);
    flow.originalSourcePort = FlowRecord.originalSourcePort(records, record);
    flow.originalDestinationPort = FlowRecord.originalDestinationPort(records, record);
    flow.replySourcePort = FlowRecord.replySourcePort(records, record);
    flow.replyDestinationPort = FlowRecord.replyDestinationPort(records, record);
    flow.family = FlowRecord.family(records, record);
    flow.protocol = FlowRecord.protocol(records, record);
    flow.zone = FlowRecord.zone(records, record);
    flow.timeoutSeconds = FlowRecord.timeoutSeconds(records, record);
    flow.state = FlowRecord.state(records, record);
    flow.status = FlowRecord.status(records, record);
    flow.tcpState = tcpState(records, record, flow.protocol);
    flow.offloaded = flow.protocol == IpProtocol.TCP && FlowRecord.isOffloaded(records, record);
  }

  /** Of TCP its own, of what is not TCP one that stands for it. */
  private static int tcpState(MemorySegment records, long record, int protocol) {
    return switch (protocol) {
      case IpProtocol.TCP -> FlowRecord.state(records, record);
      case IpProtocol.SCTP ->
          TcpStandIn.ofSctp(
              FlowRecord.state(records, record),
              !FlowRecord.hasStatus(records, record) || FlowRecord.isReplied(records, record));
      default ->
          FlowRecord.hasStatus(records, record)
              ? TcpStandIn.ofReplied(FlowRecord.isReplied(records, record))
              : Flow.NO_STATE;
    };
  }
}
