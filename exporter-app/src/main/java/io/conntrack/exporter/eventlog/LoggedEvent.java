package io.conntrack.exporter.eventlog;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.ffm.message.EventDetails;

/**
 * One event as the log writes it, or the end of a flow that no event has told. A place that is
 * filled again and again by the log's thread, to which it belongs.
 */
final class LoggedEvent implements AutoCloseable {
  /** What the kernel's message tells. */
  final EventDetails details = new EventDetails();

  /** Whether there is a message: not of a flow whose end no event has told. */
  boolean hasMessage;

  /** The name of another network namespace; empty for the own one. */
  String netns = "";

  RemoteEnd remoteEnd = RemoteEnd.ORIGINAL_DESTINATION;

  /** When it was received, in ns since 1970. */
  long receivedUnixNs;

  /** Whether {@link #end} is of this event. */
  boolean hasEnd;

  final FlowEnd end = new FlowEnd();

  /** Reads an entry. Returns false if it has a message that cannot be read. */
  boolean read(EventRing ring, long entry) {
    hasMessage = ring.message(entry).byteSize() > 0;
    netns = ring.netns(entry);
    remoteEnd = ring.remoteEnd(entry);
    receivedUnixNs = ring.receivedUnixNs(entry);
    hasEnd = ring.hasEnd(entry);
    if (hasEnd) {
      ring.readEnd(entry, end);
    }
    return !hasMessage || details.read(ring.message(entry));
  }

  @Override
  public void close() {
    details.close();
  }
}
