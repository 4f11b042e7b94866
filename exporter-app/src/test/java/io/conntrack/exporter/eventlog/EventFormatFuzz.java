package io.conntrack.exporter.eventlog;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.aggregator.state.Direction;
import io.conntrack.ffm.message.EventDetails;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Whatever message {@link EventDetails} takes, each format makes one line of it, and the process
 * lives. The corpus is that of FlowMessageFuzz: see testResources in the pom.
 */
class EventFormatFuzz {
  private static final int HEADER_BYTES = 16;
  private static final List<EventFormat> FORMATS = List.of(new JsonFormat(), new NetfilterFormat());

  @FuzzTest
  void append(byte[] message) {
    if (message.length < HEADER_BYTES) {
      return; // libmnl passes on no such message
    }
    try (Arena arena = Arena.ofConfined();
        LoggedEvent event = new LoggedEvent()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, message.length); // so it was received
      if (event.details.read(memory)) {
        event.hasMessage = true;
        event.netns = "blue";
        event.receivedUnixNs = 1_767_225_845_678_000_000L;
        event.hasEnd = true;
        event.end.direction = Direction.INBOUND;
        for (EventFormat format : FORMATS) {
          for (RemoteEnd end : RemoteEnd.values()) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            event.remoteEnd = end;
            format.append(event, line);
            assertThat(line.toString(US_ASCII)).matches("[ -~]+\n");
          }
        }
      }
    }
  }
}
