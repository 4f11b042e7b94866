package io.conntrack.exporter.eventlog;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.ffm.message.EventDetails;
import java.io.ByteArrayOutputStream;

/**
 * As the conntrack tool writes it, behind the event's type in ten columns:
 *
 * <pre>
 * event=update     ipv4     2 tcp      6 120 TIME_WAIT src=10.0.0.1 dst=10.0.0.2 sport=...
 * </pre>
 *
 * An event of another network namespace ends in its name, {@code netns=blue}.
 */
final class NetfilterFormat implements EventFormat {
  @Override
  public void append(LoggedEvent event, ByteArrayOutputStream line) {
    EventDetails details = event.details;
    String end = event.netns.isEmpty() ? "" : " netns=" + event.netns;
    String text = "event=%-10s %s%s\n".formatted(EventFormat.type(details), details.text(), end);
    line.writeBytes(text.getBytes(US_ASCII));
  }
}
