package io.conntrack.exporter.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.exporter.eventlog.EventLog;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.ffm.socket.EventSocket;
import io.conntrack.ffm.socket.ReceiveBuffers;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Interceptor;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.RealMessages;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A message that counting takes, and that would end the process in libnetfilter_conntrack. */
@KernelTest
class MalformedEventTest {
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void itIsNotLoggedButCountedAndTheEventsAroundItAreLogged(EventLogFormat format)
      throws Exception {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (ReceiveBuffers buffers = new ReceiveBuffers();
        EventSocket events = EventSocket.silent(NetworkNamespace.OWN, buffers);
        Interceptor kernel = Interceptor.of(events.descriptor());
        EventLog log = EventLog.start(LoggedEvents.all(format), output)) {
      kernel.give(RealMessages.NEW);
      kernel.give(RealMessages.NEW_WITH_SHORT_USE);
      kernel.give(RealMessages.UPDATE_WITHOUT_STATE);
      events.receive();
      assertThat(events.flows().size()).isEqualTo(3);

      for (int i = 0; i < events.flows().size(); i++) {
        log.put(events, i, new byte[0], RemoteEnd.ORIGINAL_DESTINATION, null);
      }
      log.wake();

      Await.untilEqual("the lines", 2L, () -> output.toString(US_ASCII).lines().count());
      assertThat(log.takeDropped()).isEqualTo(1);
    }
    assertThat(output.toString(US_ASCII)).containsSubsequence("new", "update");
  }
}
