package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.UnansweredFlows;
import io.conntrack.aggregator.state.TableState;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Flows that are sent to and never answered: black holes. */
@KernelTest
class UnansweredFlowsTest {
  private static final int UDP = 17;
  private static final int ICMP = 1;
  private static final String PROTOCOLS = "--protocols=tcp,udp,icmp";

  private static List<UnansweredFlows> unanswered(RunningReader reader) {
    return reader.observe().connections().census().unanswered();
  }

  /** A service's address leads to a server that is gone, as after a pod has moved. */
  @Test
  void aClientOfAServiceWhoseServerIsGoneIsToldAfterAMinute() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client())) {
      hosts
          .router()
          .nft(
              """
              table ip service {
                chain arriving {
                  type nat hook prerouting priority dstnat;
                  ip daddr 10.96.0.10 udp dport 53 dnat to 10.78.0.99
                }
              }
              """);
      // Whoever has an address that is gone does not answer, not even that it is gone.
      hosts.server().sh("ip address add 10.78.0.99/24 dev " + device(hosts.server()));
      hosts
          .server()
          .nft(
              """
              table inet gone {
                chain arriving {
                  type filter hook prerouting priority -300
                  ip daddr 10.78.0.99 udp dport 53 drop
                }
              }
              """);
      try (RunningReader router = RunningReader.in(hosts.router(), PROTOCOLS);
          RunningReader client = RunningReader.in(hosts.client(), PROTOCOLS, "--zones")) {
        Process sender =
            hosts
                .client()
                .exec(
                    "python3",
                    "-c",
                    """
                    import socket, time
                    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    fine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    for i in range(16):
                      hole.sendto(b"?", ("10.96.0.10", 53))
                      fine.sendto(b"?", ("10.78.0.2", 5353))
                      time.sleep(5)
                    """);
        fromClient.send("10.96.0.10", 53); // once, which is no black hole
        Process answers =
            hosts
                .server()
                .exec(
                    "python3",
                    "-c",
                    """
                    import socket
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.bind(("10.78.0.2", 5353))
                    while True:
                      s.sendto(b"!", s.recvfrom(9)[1])
                    """);
        Instant start = Instant.now();
        Await.until(
            "the black hole on the router and the client",
            Duration.ofSeconds(90),
            () -> List.of(unanswered(router), unanswered(client)),
            found ->
                found.equals(
                    List.of(
                        List.of(new UnansweredFlows("10.78.0.99:53", UDP, 1)),
                        List.of(new UnansweredFlows("10.96.0.10:53", UDP, 1)))));
        assertThat(Duration.between(start, Instant.now()))
            .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(75));

        sender.destroyForcibly().waitFor();
        answers.destroyForcibly().waitFor();
      }
    }
  }

  private static String device(Namespace host) {
    return host.sh("ip -o -4 address show to 10.78.0.0/24 | awk '{print $2}'").strip();
  }

  /** What a packet does to a flow's timeout is written here, and needs no minute. */
  @Test
  void onlyFlowsThatAreSentToForMoreThanAMinuteAndHaveNoReplyAreTold() throws Exception {
    SyntheticFlow dns = SyntheticFlow.of(Tuple.udp("127.0.0.1", 5353, "192.0.2.1", 53)).status(0);
    SyntheticFlow another =
        SyntheticFlow.of(Tuple.udp("127.0.0.1", 5353, "192.0.2.2", 53)).status(0);
    SyntheticFlow ping = SyntheticFlow.of(Tuple.echo("127.0.0.1", "192.0.2.1", 7)).status(0);
    SyntheticFlow tcp = SyntheticFlow.of(Tuple.tcp("127.0.0.1", 5353, "192.0.2.1", 53)).status(0);
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        RunningReader reader = RunningReader.in(namespace, PROTOCOLS);
        RunningReader ignoring =
            RunningReader.in(namespace, PROTOCOLS, "--ignore-hosts=192.0.2.1:53");
        RunningReader ofTcp = RunningReader.in(namespace)) {
      writer.create(
          dns.client(1).timeoutSeconds(30),
          dns.client(2).timeoutSeconds(30),
          dns.client(3).timeoutSeconds(30),
          dns.client(4).timeoutSeconds(30),
          another.timeoutSeconds(30),
          ping.timeoutSeconds(30),
          tcp.timeoutSeconds(30));
      for (RunningReader each : List.of(reader, ignoring)) {
        Await.untilEqual(
            "a dump of the flows",
            5L,
            () -> each.observe().connections().census().table().count(0, TableState.UDP_UNREPLIED));
        assertThat(unanswered(each)).isEmpty();
      }
      writer.update(
          dns.client(1).timeoutSeconds(95),
          dns.client(2).timeoutSeconds(95),
          dns.client(3).timeoutSeconds(85),
          dns.client(4).timeoutSeconds(95).status(SyntheticFlow.SEEN_REPLY),
          another.timeoutSeconds(95),
          ping.timeoutSeconds(95),
          tcp.timeoutSeconds(95));
      Await.untilEqual(
          "black holes",
          Set.of(
              new UnansweredFlows("192.0.2.1:53", UDP, 2),
              new UnansweredFlows("192.0.2.2:53", UDP, 1),
              new UnansweredFlows("192.0.2.1", ICMP, 1)),
          () -> Set.copyOf(unanswered(reader)));
      Await.untilEqual(
          "black holes but for the ignored ones",
          Set.of(
              new UnansweredFlows("192.0.2.2:53", UDP, 1),
              new UnansweredFlows("192.0.2.1", ICMP, 1)),
          () -> Set.copyOf(unanswered(ignoring)));
      assertThat(unanswered(ofTcp)).isEmpty();

      writer.update(dns.client(1).timeoutSeconds(95).status(SyntheticFlow.SEEN_REPLY));
      writer.delete(dns.client(2), another, ping);
      Await.untilEqual("all answered, or gone", List.of(), () -> unanswered(reader));
    }
  }
}
