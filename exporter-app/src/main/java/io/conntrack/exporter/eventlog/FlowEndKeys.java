package io.conntrack.exporter.eventlog;

import com.fasterxml.jackson.core.JsonGenerator;
import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.ffm.message.FlowExtras;
import io.conntrack.ffm.message.FlowRecord;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * What the JSON log tells of a flow that has ended, beside the keys of any event:
 *
 * <pre>
 * "host":"10.0.1.5:3306","direction":"outbound","source":"10.0.1.65","zone":0,"outcome":"ended",
 * "reason":"closed","setup_seconds":0.000213401,"duration_seconds":1.204113907,"sent_bytes":1204,
 * "received_bytes":80211,"sent_packets":9,"received_packets":61
 * </pre>
 *
 * <p>A key whose value is not known is left out. A line without {@code host} is of a flow that no
 * series counts. If no event told of the end, there is only what the counters have, and {@code
 * cause}.
 *
 * <p>With a host, bytes and packets are those that the counters have of the flow, so that the lines
 * sum up to the counters. What it carried before the exporter counted it is {@code uncounted_*}.
 */
final class FlowEndKeys {
  private static final long NS_PER_SECOND = 1_000_000_000;

  private FlowEndKeys() {}

  static void write(LoggedEvent event, JsonGenerator json) throws IOException {
    FlowEnd end = event.end;
    if (end.host != null) {
      json.writeStringField("host", end.host);
    }
    if (event.hasMessage) {
      writePath(event, json);
    }
    if (end.outcome != null) {
      json.writeStringField("outcome", end.outcome.kind());
      json.writeStringField("reason", end.outcome.reason());
    }
    if (end.cause != FlowEnd.Cause.EVENT) {
      json.writeStringField("cause", end.cause.label);
    }
    writeSeconds("setup_seconds", end.setupNs, json);
    writeSeconds("duration_seconds", end.durationNs, json);
    if (event.hasMessage) {
      writeTraffic(event, json);
    } else if ((end.sentPackets | end.receivedPackets) != 0) {
      writeCounted(end, json);
    }
  }

  private static void writePath(LoggedEvent event, JsonGenerator json) throws IOException {
    MemorySegment record = event.details.record();
    Direction direction = event.end.direction;
    json.writeStringField("direction", direction.label);
    json.writeStringField("source", source(record, direction, event.remoteEnd));
    json.writeNumberField("zone", FlowRecord.zone(record, 0));
  }

  /**
   * The address that opened the connection. It is the kernel's original source, unless the kernel
   * has picked the flow up in mid-stream from its server's side.
   */
  private static String source(MemorySegment record, Direction direction, RemoteEnd remoteEnd) {
    boolean reversed =
        remoteEnd
            == switch (direction) {
              case INBOUND -> RemoteEnd.ORIGINAL_DESTINATION;
              case OUTBOUND -> RemoteEnd.ORIGINAL_SOURCE;
              case FORWARDED -> null;
            };
    return reversed
        ? EndpointLabel.of(
            FlowRecord.originalDestinationHigh(record, 0),
            FlowRecord.originalDestinationLow(record, 0),
            EndpointLabel.NO_PORT)
        : EndpointLabel.of(
            FlowRecord.originalSourceHigh(record, 0),
            FlowRecord.originalSourceLow(record, 0),
            EndpointLabel.NO_PORT);
  }

  /** A number with nine digits behind the point, as exact as what it was made of. */
  private static void writeSeconds(String key, long ns, JsonGenerator json) throws IOException {
    if (ns != FlowEnd.UNKNOWN) {
      json.writeFieldName(key);
      String digits = String.valueOf(NS_PER_SECOND + ns % NS_PER_SECOND).substring(1);
      json.writeNumber(ns / NS_PER_SECOND + "." + digits);
    }
  }

  private static void writeTraffic(LoggedEvent event, JsonGenerator json) throws IOException {
    FlowExtras told = event.details.extras();
    if (!told.hasCounters()) {
      return;
    }
    FlowEnd end = event.end;
    boolean sentFirst = event.remoteEnd.isSentFirst();
    long sentBytes = sentFirst ? told.originalBytes() : told.replyBytes();
    long receivedBytes = sentFirst ? told.replyBytes() : told.originalBytes();
    long sentPackets = sentFirst ? told.originalPackets() : told.replyPackets();
    long receivedPackets = sentFirst ? told.replyPackets() : told.originalPackets();
    if (!end.hasTraffic) {
      writeTraffic("", sentBytes, receivedBytes, sentPackets, receivedPackets, json);
      return;
    }
    writeCounted(end, json);
    if (sentPackets > end.sentPackets || receivedPackets > end.receivedPackets) {
      writeTraffic(
          "uncounted_",
          Math.max(0, sentBytes - end.sentBytes),
          Math.max(0, receivedBytes - end.receivedBytes),
          Math.max(0, sentPackets - end.sentPackets),
          Math.max(0, receivedPackets - end.receivedPackets),
          json);
    }
  }

  private static void writeCounted(FlowEnd end, JsonGenerator json) throws IOException {
    writeTraffic("", end.sentBytes, end.receivedBytes, end.sentPackets, end.receivedPackets, json);
  }

  private static void writeTraffic(
      String prefix,
      long sentBytes,
      long receivedBytes,
      long sentPackets,
      long receivedPackets,
      JsonGenerator json)
      throws IOException {
    json.writeNumberField(prefix + "sent_bytes", sentBytes);
    json.writeNumberField(prefix + "received_bytes", receivedBytes);
    json.writeNumberField(prefix + "sent_packets", sentPackets);
    json.writeNumberField(prefix + "received_packets", receivedPackets);
  }
}
