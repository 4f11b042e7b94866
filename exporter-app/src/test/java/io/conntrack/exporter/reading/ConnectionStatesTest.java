package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.A_IPV6;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Real connections between two hosts, as the host that dials and the host that listens see them.
 */
@KernelTest
class ConnectionStatesTest {
  private static final int PORT = 8080;

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;
  private RunningReader a;
  private RunningReader b;

  @BeforeEach
  void start() throws Exception {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
    a = RunningReader.in(hosts.a());
    b = RunningReader.in(hosts.b());
  }

  @AfterEach
  void stop() throws Exception {
    fromA.close();
    fromB.close();
    a.close();
    b.close();
    hosts.close();
  }

  @Test
  void anOpenConnectionIsOpenAtBothEnds() throws Exception {
    ServerSocket ipv4 = fromB.listen(B_IPV4, PORT);
    ServerSocket ipv6 = fromB.listen(B_IPV6, PORT);
    fromA.connect(ipv4);
    fromA.connect(ipv4);
    fromA.connect(ipv6);

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 2 0 0", "[" + B_IPV6 + "]:8080", "0 1 0 0"));
    b.awaitHosts(Map.of(A_IPV4, "0 2 0 0", A_IPV6, "0 1 0 0"));
  }

  @Test
  void aConnectionThatOneSideHasClosedIsClosingAndSoIsOneThatBothHave() throws Exception {
    ServerSocket server = fromB.listen(B_IPV4, PORT);
    fromA.connect(server).halfCloseClient();
    fromA.connect(server).halfCloseServer();
    fromA.connect(server).close();

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 0 3 0"));
    b.awaitHosts(Map.of(A_IPV4, "0 0 3 0"));
  }

  @Test
  void aConnectionThatWasResetIsClosed() throws Exception {
    Connection connection = fromA.connect(fromB.listen(B_IPV6, PORT));
    connection.reset();

    a.awaitHosts(Map.of("[" + B_IPV6 + "]:8080", "0 0 0 1"));
    b.awaitHosts(Map.of(A_IPV6, "0 0 0 1"));
  }

  @Test
  void aRequestThatNobodyAnswersIsOpening() throws Exception {
    fromB.dropRequests(PORT);
    fromA.connectUnanswered(B_IPV4, PORT);
    fromA.connectUnanswered(B_IPV6, PORT);

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "1 0 0 0", "[" + B_IPV6 + "]:8080", "1 0 0 0"));
    b.awaitHosts(Map.of());
  }

  @Test
  void anAnswerThatNeverArrivesIsOpeningInOtherWhereItWasSent() throws Exception {
    fromB.listen(B_IPV4, PORT);
    fromA.dropAnswers(PORT);
    fromA.connectUnanswered(B_IPV4, PORT);

    b.awaitHosts(Map.of("other", "1 0 0 0"));
  }

  @Test
  void aRefusedConnectionLeavesItsEndpointAtZero() throws Exception {
    fromA.connectRefused(B_IPV4, PORT);

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 0 0 0"));
  }

  @Test
  void whatIsNotTcpIsCountedNowhere() throws Exception {
    fromA.exchange(fromB.bind(B_IPV4, 5353));
    fromA.echo(B_IPV4);
    fromA.connect(fromB.listen(B_IPV4, PORT));

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 1 0 0"));
  }

  @Test
  void anUpdateOfTheMarkAloneKeepsTheState() throws Exception {
    hosts
        .a()
        .nft(
            """
            table inet marks {
              chain out { type filter hook output priority 10; ct mark set numgen inc mod 100000 offset 1; }
            }
            """);
    Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
    for (int i = 0; i < 20; i++) {
      connection.client().getOutputStream().write(i);
      connection.server().getInputStream().read();
    }

    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 1 0 0"));
    connection.close();
    a.awaitHosts(Map.of(B_IPV4 + ":8080", "0 0 1 0"));
  }

  /** A log wants all events; without one the kernel queues only those that can change a count. */
  @Test
  void theGaugesAreTheSameWhetherAllEventsAreHeardOrOnlyThoseThatCount() throws Exception {
    ServerSocket server = fromB.listen(B_IPV4, PORT);
    try (RunningReader all = RunningReader.in(hosts.a(), "--log-events")) {
      long before = all.statistics().events().updated();
      fromA.connect(server);
      fromA.connect(server).halfCloseClient();
      fromA.connect(server).halfCloseServer();
      fromA.connect(server).close();
      fromA.connect(server).reset();
      fromA.exchange(fromB.bind(B_IPV4, 5353));
      Map<String, String> expected = Map.of(B_IPV4 + ":8080", "0 1 3 1");

      all.awaitHosts(expected);
      a.awaitHosts(expected);
      assertThat(a.statistics().lastResync().changed()).as("what events left to repair").isZero();
      assertThat(a.statistics().events().updated())
          .as("updates heard")
          .isLessThan(all.statistics().events().updated() - before);
    }
  }
}
