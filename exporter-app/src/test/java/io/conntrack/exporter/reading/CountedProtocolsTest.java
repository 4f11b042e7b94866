package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.A_IPV6;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.Outcome;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SctpState;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Flows of other protocols than TCP, which are counted when they are asked for. */
@KernelTest
class CountedProtocolsTest {
  private static final String ALL = "--protocols=tcp,udp,sctp,icmp";
  private static final String SCTP_SERVER = "10.6.0.1";
  private static final String SCTP_HOST = SCTP_SERVER + ":36412 sctp";

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;

  @BeforeEach
  void start() {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
  }

  @AfterEach
  void stop() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  @Test
  void aFlowOfUdpIsOpeningUntilItIsAnswered() throws Exception {
    try (RunningReader a = RunningReader.in(hosts.a(), "--protocols=udp");
        RunningReader b = RunningReader.in(hosts.b(), "--protocols=udp")) {
      fromA.send(B_IPV4, 5353);
      fromA.exchange(fromB.bind(B_IPV4, 53));
      fromA.exchange(fromB.bind(B_IPV6, 53));
      fromA.connect(fromB.listen(B_IPV4, 8080));

      a.awaitHosts(
          Map.of(
              B_IPV4 + ":5353", "1 0 0 0",
              B_IPV4 + ":53", "0 1 0 0",
              "[" + B_IPV6 + "]:53", "0 1 0 0"));
      b.awaitHosts(Map.of(A_IPV4, "1 1 0 0", A_IPV6, "0 1 0 0"));
      assertThat(a.statistics().lastResync().changed()).as("what events left to repair").isZero();
    }
  }

  @Test
  void aPingIsCountedAtTheAddressOfEitherFamily() throws Exception {
    try (RunningReader a = RunningReader.in(hosts.a(), "--protocols=icmp");
        RunningReader b = RunningReader.in(hosts.b(), "--protocols=icmp", "--client-ports")) {
      fromA.echo(B_IPV4);
      fromA.echo(B_IPV6);

      a.awaitHosts(Map.of(B_IPV4, "0 1 0 0", B_IPV6, "0 1 0 0"));
      b.awaitHosts(Map.of(A_IPV4, "0 1 0 0", A_IPV6, "0 1 0 0"));
    }
  }

  @Test
  void ofSeveralProtocolsEachHasEndpointsOfItsOwn() throws Exception {
    try (RunningReader a = RunningReader.in(hosts.a(), ALL)) {
      fromA.connect(fromB.listen(B_IPV4, 53));
      fromA.exchange(fromB.bind(B_IPV4, 53));
      fromA.echo(B_IPV4);

      a.awaitHosts(
          Map.of(
              B_IPV4 + ":53 tcp", "0 1 0 0",
              B_IPV4 + ":53 udp", "0 1 0 0",
              B_IPV4 + " icmp", "0 1 0 0"));
    }
  }

  /** A log wants all events; without one the kernel queues only those that can change a count. */
  @Test
  void theGaugesAreTheSameWhetherAllEventsAreHeardOrOnlyThoseThatCount() throws Exception {
    hosts
        .a()
        .nft(
            """
            table inet marks {
              chain out { type filter hook output priority 10; ct mark set numgen inc mod 100000 offset 1; }
            }
            """);
    try (RunningReader all = RunningReader.in(hosts.a(), ALL, "--log-events");
        RunningReader some = RunningReader.in(hosts.a(), ALL)) {
      fromA.send(B_IPV6, 5353);
      fromA.exchange(fromB.bind(B_IPV4, 53));
      fromA.echo(B_IPV4);
      fromA.connect(fromB.listen(B_IPV4, 53)).halfCloseClient();
      Map<String, String> expected =
          Map.of(
              "[" + B_IPV6 + "]:5353 udp", "1 0 0 0",
              B_IPV4 + ":53 udp", "0 1 0 0",
              B_IPV4 + " icmp", "0 1 0 0",
              B_IPV4 + ":53 tcp", "0 0 1 0");

      all.awaitHosts(expected);
      some.awaitHosts(expected);
      assertThat(some.statistics().lastResync().changed()).as("left to repair").isZero();
      assertThat(some.statistics().events().updated())
          .isLessThan(all.statistics().events().updated());
    }
  }

  /** The messages of a real one: an INIT alone is CLOSED to the kernel, as is what is over. */
  @Test
  void anAssociationOfSctpIsCountedByItsState() throws Exception {
    SyntheticFlow flow = SyntheticFlow.of(Tuple.sctp("10.5.0.1", 5000, SCTP_SERVER, 36412));
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace, "--protocols=sctp,icmp");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flow.status(0).state(SctpState.CLOSED));
      reader.awaitHosts(Map.of(SCTP_HOST, "1 0 0 0"));
      writer.update(flow.status(SyntheticFlow.SEEN_REPLY).state(SctpState.COOKIE_WAIT));
      writer.update(flow.status(SyntheticFlow.SEEN_REPLY).state(SctpState.COOKIE_ECHOED));
      writer.update(flow.state(SctpState.ESTABLISHED));
      reader.awaitHosts(Map.of(SCTP_HOST, "0 1 0 0"));
      writer.update(flow.state(SctpState.SHUTDOWN_SENT));
      writer.update(flow.state(SctpState.SHUTDOWN_ACK_SENT));
      reader.awaitHosts(Map.of(SCTP_HOST, "0 0 1 0"));
      writer.update(flow.state(SctpState.CLOSED));
      reader.awaitHosts(Map.of(SCTP_HOST, "0 0 0 1"));
      writer.delete(flow);
      reader.awaitHosts(Map.of(SCTP_HOST, "0 0 0 0"));
      reader.awaitOutcomes(SCTP_HOST, Map.of(Outcome.OPENED, 1L, Outcome.ENDED_CLOSED, 1L));
    }
  }

  @Test
  void anAssociationOfSctpThatIsNotMadeIsRefusedIfItWasAnsweredAndElseUnanswered()
      throws Exception {
    SyntheticFlow refused = SyntheticFlow.of(Tuple.sctp("10.5.0.1", 5000, SCTP_SERVER, 36412));
    SyntheticFlow deaf = SyntheticFlow.of(Tuple.sctp("10.5.0.1", 5001, SCTP_SERVER, 36412));
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace, "--protocols=sctp,icmp");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(refused.status(0).state(SctpState.CLOSED));
      writer.create(deaf.status(0).state(SctpState.CLOSED).timeoutSeconds(1));
      reader.awaitHosts(Map.of(SCTP_HOST, "2 0 0 0"));
      writer.update(refused.status(SyntheticFlow.SEEN_REPLY).state(SctpState.CLOSED));
      writer.delete(refused);
      reader.awaitOutcomes(
          SCTP_HOST, Map.of(Outcome.FAILED_REFUSED, 1L, Outcome.FAILED_UNANSWERED, 1L));
    }
  }

  @Test
  void aHostIsIgnoredWhateverTheProtocolButAPingHasNoPortToBeIgnoredBy() throws Exception {
    int request = 8 << 8; // type and code, which stand where TCP has its port
    try (RunningReader host = RunningReader.in(hosts.a(), ALL, "--ignore-hosts=" + B_IPV4);
        RunningReader port =
            RunningReader.in(
                hosts.a(), ALL, "--ignore-hosts=" + B_IPV4 + ":53," + B_IPV4 + ":" + request)) {
      fromA.exchange(fromB.bind(B_IPV4, 53));
      fromA.exchange(fromB.bind(B_IPV6, 53));
      fromA.echo(B_IPV4);

      host.awaitHosts(Map.of("[" + B_IPV6 + "]:53 udp", "0 1 0 0"));
      port.awaitHosts(Map.of("[" + B_IPV6 + "]:53 udp", "0 1 0 0", B_IPV4 + " icmp", "0 1 0 0"));
    }
  }
}
