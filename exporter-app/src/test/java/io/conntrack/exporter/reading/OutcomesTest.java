package io.conntrack.exporter.reading;

import static io.conntrack.aggregator.state.Outcome.ENDED_CLOSED;
import static io.conntrack.aggregator.state.Outcome.ENDED_EVICTED;
import static io.conntrack.aggregator.state.Outcome.ENDED_RESET;
import static io.conntrack.aggregator.state.Outcome.ENDED_TIMED_OUT;
import static io.conntrack.aggregator.state.Outcome.ENDED_UNKNOWN;
import static io.conntrack.aggregator.state.Outcome.FAILED_EVICTED;
import static io.conntrack.aggregator.state.Outcome.FAILED_REFUSED;
import static io.conntrack.aggregator.state.Outcome.FAILED_UNANSWERED;
import static io.conntrack.aggregator.state.Outcome.OPENED;
import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;

import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of real connections between two hosts, as the one that dials sees it. */
@KernelTest
class OutcomesTest {
  private static final int PORT = 8080;
  private static final String HOST = B_IPV4 + ":" + PORT;

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;
  private RunningReader reader;

  @BeforeEach
  void start() throws Exception {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
    reader = RunningReader.in(hosts.a());
  }

  @AfterEach
  void stop() throws Exception {
    fromA.close();
    fromB.close();
    reader.close();
    hosts.close();
  }

  /** So that the kernel gives up what is idle while a test can wait for it. */
  private void timeout(String state) {
    hosts.a().sh("sysctl -q -w net.netfilter.nf_conntrack_tcp_timeout_" + state + "=1");
  }

  private void delete() {
    hosts.a().sh("conntrack -D -p tcp --orig-port-dst " + PORT);
  }

  @Test
  void closedByBothSides() throws Exception {
    ServerSocket server = fromB.listen(B_IPV4, PORT);
    fromA.connect(server).close();
    fromA.connect(server).close();
    fromA.connect(server);

    reader.awaitOutcomes(HOST, Map.of(OPENED, 3L, ENDED_CLOSED, 2L));
  }

  @Test
  void closedByOneSideIsNotOver() throws Exception {
    ServerSocket server = fromB.listen(B_IPV4, PORT);
    fromA.connect(server).halfCloseClient();
    fromA.connect(server).halfCloseServer();

    reader.awaitHosts(Map.of(HOST, "0 0 2 0"));
    reader.awaitOutcomes(HOST, Map.of(OPENED, 2L));
  }

  @Test
  void reset() throws Exception {
    fromA.connect(fromB.listen(B_IPV6, PORT)).reset();

    reader.awaitOutcomes("[" + B_IPV6 + "]:" + PORT, Map.of(OPENED, 1L, ENDED_RESET, 1L));
  }

  @Test
  void refused() throws Exception {
    fromA.connectRefused(B_IPV4, PORT);
    fromA.connectRefused(B_IPV4, PORT);

    reader.awaitOutcomes(HOST, Map.of(FAILED_REFUSED, 2L));
  }

  @Test
  void unanswered() throws Exception {
    timeout("syn_sent");
    fromB.dropRequests(PORT);
    fromA.connectUnanswered(B_IPV4, PORT).close();

    reader.awaitOutcomes(HOST, Map.of(FAILED_UNANSWERED, 1L));
  }

  @Test
  void idleUntilTheKernelGaveUp() throws Exception {
    timeout("established");
    fromA.connect(fromB.listen(B_IPV4, PORT));

    reader.awaitOutcomes(HOST, Map.of(OPENED, 1L, ENDED_TIMED_OUT, 1L));
  }

  @Test
  void halfClosedAndIdleUntilTheKernelGaveUp() throws Exception {
    timeout("fin_wait");
    timeout("close_wait");
    fromA.connect(fromB.listen(B_IPV4, PORT)).halfCloseClient();

    reader.awaitOutcomes(HOST, Map.of(OPENED, 1L, ENDED_TIMED_OUT, 1L));
  }

  @Test
  void deleted() throws Exception {
    fromA.connect(fromB.listen(B_IPV4, PORT));
    reader.awaitHosts(Map.of(HOST, "0 1 0 0"));
    delete();

    reader.awaitOutcomes(HOST, Map.of(OPENED, 1L, ENDED_EVICTED, 1L));
  }

  @Test
  void deletedBeforeItOpened() throws Exception {
    fromB.dropRequests(PORT);
    fromA.connectUnanswered(B_IPV4, PORT).close();
    reader.awaitHosts(Map.of(HOST, "1 0 0 0"));
    delete();

    reader.awaitOutcomes(HOST, Map.of(FAILED_EVICTED, 1L));
  }

  @Test
  void pickedUpInMidStreamItOpensOnceMore() throws Exception {
    Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
    reader.awaitHosts(Map.of(HOST, "0 1 0 0"));
    delete();
    connection.client().getOutputStream().write(1);
    connection.server().getInputStream().read();

    reader.awaitOutcomes(HOST, Map.of(OPENED, 2L, ENDED_EVICTED, 1L));
    connection.close();
    reader.awaitOutcomes(HOST, Map.of(OPENED, 2L, ENDED_EVICTED, 1L, ENDED_CLOSED, 1L));
  }

  @Test
  void whatWasThereAtTheStartDidNotOpenSinceButEnds() throws Exception {
    ServerSocket server = fromB.listen(B_IPV4, PORT);
    Connection closed = fromA.connect(server);
    Connection unseen = fromA.connect(server);
    try (RunningReader second = RunningReader.in(hosts.a())) {
      second.awaitHosts(Map.of(HOST, "0 2 0 0"));
      closed.close();

      second.awaitOutcomes(HOST, Map.of(ENDED_CLOSED, 1L));
    }
    unseen.close();
    reader.awaitOutcomes(HOST, Map.of(OPENED, 2L, ENDED_CLOSED, 2L));
  }

  @Test
  void withoutEventsHowItEndedIsUnknown() throws Exception {
    try (RunningReader deaf = RunningReader.in(hosts.a(), "--no-events")) {
      fromA.connect(fromB.listen(B_IPV4, PORT));
      deaf.awaitHosts(Map.of(HOST, "0 1 0 0"));
      delete();

      deaf.awaitOutcomes(HOST, Map.of(OPENED, 1L, ENDED_UNKNOWN, 1L));
    }
  }

  @Test
  void aClientOfThisHost() throws Exception {
    try (RunningReader server = RunningReader.in(hosts.b())) {
      fromA.connect(fromB.listen(B_IPV4, PORT)).close();

      server.awaitOutcomes(A_IPV4, Map.of(OPENED, 1L, ENDED_CLOSED, 1L));
    }
  }
}
