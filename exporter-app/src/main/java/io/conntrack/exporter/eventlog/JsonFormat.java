package io.conntrack.exporter.eventlog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.exporter.terms.IpProtocol;
import io.conntrack.ffm.message.EventDetails;
import io.conntrack.ffm.message.FlowRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/**
 * One object a line:
 *
 * <pre>
 * {"event_type":"new","original_source_host":"10.0.1.65:40806","original_destination_host":
 * "10.0.1.5:3306","reply_source_host":"10.0.1.5:3306","reply_destination_host":"10.0.1.65:40806",
 * "remote_host":"10.0.1.5:3306","state":"Opening","protocol":"tcp","timestamp":
 * "2026-01-02T03:04:05.678000000Z"}
 * </pre>
 *
 * <p>The end of a flow tells more: see {@link FlowEndKeys}. An event of another network namespace
 * ends in its name, {@code "netns":"blue"}.
 *
 * <p>Hosts have their port here, also where the metrics' labels leave the port out. Protocols
 * without ports, such as ICMP, have none. docs/event-log.schema.json has all keys.
 */
final class JsonFormat implements EventFormat {
  private static final long NS_PER_SECOND = 1_000_000_000;

  /** RFC 3339, always to the nanosecond, so that times sort as their texts do. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(9).toFormatter();

  private final JsonFactory factory = new JsonFactory();

  @Override
  public void append(LoggedEvent event, ByteArrayOutputStream line) {
    try (JsonGenerator json = factory.createGenerator(line)) {
      json.writeStartObject();
      if (event.hasMessage) {
        write(event, json);
      } else {
        json.writeStringField("event_type", "destroy");
        json.writeStringField("timestamp", time(event.receivedUnixNs));
      }
      if (event.hasEnd) {
        FlowEndKeys.write(event, json);
      }
      if (!event.netns.isEmpty()) {
        json.writeStringField("netns", event.netns);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    line.write('\n');
  }

  private static void write(LoggedEvent event, JsonGenerator json) throws IOException {
    EventDetails details = event.details;
    MemorySegment record = details.record();
    json.writeStringField("event_type", EventFormat.type(details));
    json.writeStringField("original_source_host", host(record, RemoteEnd.ORIGINAL_SOURCE));
    json.writeStringField(
        "original_destination_host", host(record, RemoteEnd.ORIGINAL_DESTINATION));
    json.writeStringField("reply_source_host", host(record, RemoteEnd.REPLY_SOURCE));
    json.writeStringField("reply_destination_host", host(record, RemoteEnd.REPLY_DESTINATION));
    json.writeStringField("remote_host", host(record, event.remoteEnd));
    json.writeStringField("state", state(record));
    json.writeStringField("protocol", IpProtocol.name(FlowRecord.protocol(record, 0)));
    long eventUnixNs = details.timeUnixNs();
    json.writeStringField(
        "timestamp",
        time(eventUnixNs == EventDetails.NO_TIME ? event.receivedUnixNs : eventUnixNs));
  }

  private static String time(long unixNs) {
    return TIME.format(Instant.ofEpochSecond(unixNs / NS_PER_SECOND, unixNs % NS_PER_SECOND));
  }

  /** Of TCP alone. */
  private static String state(MemorySegment record) {
    boolean tcp = FlowRecord.protocol(record, 0) == IpProtocol.TCP;
    int state = tcp ? FlowRecord.state(record, 0) : FlowRecord.NO_STATE;
    return switch (ConnectionState.ofTcp(state)) {
      case OPENING -> "Opening";
      case OPEN -> "Open";
      case CLOSING -> "Closing";
      case CLOSED -> "Closed";
      case null -> "None";
    };
  }

  private static String host(MemorySegment record, RemoteEnd end) {
    return switch (end) {
      case ORIGINAL_SOURCE ->
          host(
              record,
              FlowRecord.originalSourceHigh(record, 0),
              FlowRecord.originalSourceLow(record, 0),
              FlowRecord.originalSourcePort(record, 0));
      case ORIGINAL_DESTINATION ->
          host(
              record,
              FlowRecord.originalDestinationHigh(record, 0),
              FlowRecord.originalDestinationLow(record, 0),
              FlowRecord.originalDestinationPort(record, 0));
      case REPLY_SOURCE ->
          host(
              record,
              FlowRecord.replySourceHigh(record, 0),
              FlowRecord.replySourceLow(record, 0),
              FlowRecord.replySourcePort(record, 0));
      case REPLY_DESTINATION ->
          host(
              record,
              FlowRecord.replyDestinationHigh(record, 0),
              FlowRecord.replyDestinationLow(record, 0),
              FlowRecord.replyDestinationPort(record, 0));
    };
  }

  private static String host(MemorySegment record, long high, long low, int port) {
    boolean hasPorts = IpProtocol.hasPorts(FlowRecord.protocol(record, 0));
    return EndpointLabel.of(high, low, hasPorts ? port : EndpointLabel.NO_PORT);
  }
}
