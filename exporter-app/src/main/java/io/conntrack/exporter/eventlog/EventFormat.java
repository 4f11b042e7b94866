package io.conntrack.exporter.eventlog;

import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.ffm.message.EventDetails;
import io.conntrack.ffm.message.FlowRecord;
import java.io.ByteArrayOutputStream;

/** How the event log writes an event. Belongs to the log's thread. */
interface EventFormat {
  /**
   * Appends one line, with its end.
   *
   * @param netns the name of another network namespace; empty for the own one
   * @param receivedUnixMs for an event that does not tell its own time
   */
  void append(
      EventDetails event,
      String netns,
      RemoteEnd remoteEnd,
      long receivedUnixMs,
      ByteArrayOutputStream line);

  /** The word for the event's kind. */
  static String type(EventDetails event) {
    return switch (FlowRecord.kind(event.record(), 0)) {
      case FlowRecord.NEW -> "new";
      case FlowRecord.UPDATE -> "update";
      default -> "destroy";
    };
  }
}
