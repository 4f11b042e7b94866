package io.conntrack.exporter.eventlog;

import io.conntrack.ffm.message.EventDetails;
import io.conntrack.ffm.message.FlowRecord;
import java.io.ByteArrayOutputStream;

/** How the event log writes an event. Belongs to the log's thread. */
interface EventFormat {
  /** Appends one line, with its end. */
  void append(LoggedEvent event, ByteArrayOutputStream line);

  /** The word for the event's kind. */
  static String type(EventDetails event) {
    return switch (FlowRecord.kind(event.record(), 0)) {
      case FlowRecord.NEW -> "new";
      case FlowRecord.UPDATE -> "update";
      default -> "destroy";
    };
  }
}
