package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.TableFlows;
import io.conntrack.aggregator.state.TableFlag;
import io.conntrack.aggregator.state.TableState;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SctpState;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.SyntheticFlow.ZoneDirection;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The flows of the whole table by protocol, state, flag and zone, beside what a script counts in
 * the output of {@code conntrack -L}.
 */
@KernelTest
class TableFlowsTest {
  /**
   * Prints a count, a zone, and "protocol state" or a flag. Knows how conntrack(8) writes flows.
   */
  private static final String WITNESS =
      """
      conntrack -L -o extended 2>/dev/null | awk '
        function count(what) { counts[zone " " what]++ }
        {
          zone = 0
          if (match($0, / zone(-orig)?=[0-9]+/)) {
            zone = substr($0, RSTART, RLENGTH)
            sub(/.*=/, "", zone)
          }
          protocol = $3; state = ""
          if (protocol == "icmpv6") protocol = "icmp"
          if (protocol == "tcp" || protocol == "sctp") {
            state = ($6 ~ /=/) ? "offloaded" : tolower($6)
          } else {
            if (protocol !~ /^(udp|icmp|gre)$/) protocol = "other"
            state = /\\[UNREPLIED\\]/ ? "unreplied" : "replied"
            if (protocol == "udp" && /\\[ASSURED\\]/ && state == "replied") state = "stream"
          }
          count(protocol " " state)
          if (/\\[UNREPLIED\\]/) count("unreplied")
          if (/\\[ASSURED\\]/) count("assured")
          if (/ helper=/) count("helper")
          sources = destinations = ""
          for (i = 1; i <= NF; i++) {
            if ($i ~ /^src=/) sources = sources " " substr($i, 5)
            if ($i ~ /^dst=/) destinations = destinations " " substr($i, 5)
          }
          split(sources, source, " ")
          split(destinations, destination, " ")
          if (source[1] != destination[2]) count("snat")
          if (destination[1] != source[2]) count("dnat")
        }
        END { for (each in counts) print counts[each], each }'
      n=$(conntrack -L --status EXPECTED 2>/dev/null | wc -l); [ $n -eq 0 ] || echo $n 0 expected
      """;

  private static final int ZONES = 3;

  private static final int UDPLITE = 136;

  /** A port that a server of FTP has for data. */
  private static final int DATA = 40_001;

  /** What the script says, "zone what" to how many. */
  private static Map<String, Long> witness(Namespace namespace) {
    Map<String, Long> counts = new TreeMap<>();
    namespace
        .sh(WITNESS)
        .lines()
        .forEach(line -> {
          String[] words = line.split(" ", 2);
          counts.put(words[1], Long.parseLong(words[0]));
        });
    return counts;
  }

  /** What the reader says, but for zeros; all flows as if they were in zone 0 unless told apart. */
  private static Map<String, Long> told(RunningReader reader) {
    Map<String, Long> counts = new TreeMap<>();
    Census census = reader.observe().connections().census();
    assertThat(census.isTaken()).isTrue();
    TableFlows table = census.table();
    for (int row = 0; row < table.rows(); row++) {
      String zone = Math.max(0, table.zone(row)) + " ";
      for (TableState state : TableState.values()) {
        counts.put(zone + state.protocol + " " + state.state, table.count(row, state));
      }
      for (TableFlag flag : TableFlag.values()) {
        counts.put(zone + flag.label, table.count(row, flag));
      }
      counts.values().removeIf(count -> count == 0);
    }
    return counts;
  }

  private static Map<String, Long> withoutZones(Map<String, Long> counts) {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((key, count) -> sums.merge(key.replaceFirst("\\d+", "0"), count, Long::sum));
    return sums;
  }

  @Test
  void everyFlowOfEveryProtocolIsInTheStateThatConntrackShows() throws Exception {
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flows());
      try (RunningReader all = RunningReader.in(namespace);
          RunningReader byZone =
              RunningReader.in(namespace, "--zones", "--protocols=tcp,udp,sctp,icmp")) {
        Map<String, Long> witness = witness(namespace);
        assertThat(witness)
            .containsEntry("0 tcp time_wait", 7L)
            .containsEntry("9 udp stream", 1L)
            .containsEntry("0 other unreplied", 1L)
            .hasSizeGreaterThan(30);
        assertThat(told(byZone)).isEqualTo(witness);
        assertThat(told(all)).isEqualTo(withoutZones(witness));

        writer.delete(flows().limit(30));
        writer.create(flows().limit(10));
        Map<String, Long> later = witness(namespace);
        assertThat(later).isNotEqualTo(witness);
        Await.untilEqual("the flows of later", later, () -> told(byZone));
        assertThat(all.observe().connections().census().ageMs()).isBetween(0L, 5_000L);
      }
    }
  }

  /** Of TCP as many as the state's number, and more. */
  private static Stream<SyntheticFlow> flows() {
    SyntheticFlow tcp4 = SyntheticFlow.of(Tuple.tcp("10.0.0.1", 40000, "192.0.2.1", 443));
    SyntheticFlow tcp6 = SyntheticFlow.of(Tuple.tcp("2001:db8::1", 40000, "2001:db8::2", 443));
    SyntheticFlow udp = SyntheticFlow.of(Tuple.udp("10.0.0.1", 5353, "192.0.2.1", 53));
    SyntheticFlow sctp = SyntheticFlow.of(Tuple.sctp("10.0.0.1", 5000, "192.0.2.1", 36412));
    Stream<SyntheticFlow> tcp =
        Stream.of(TcpState.values())
            .flatMap(state ->
                IntStream.range(0, state.number())
                    .mapToObj(i ->
                        (i % 3 == 0 ? tcp6 : tcp4)
                            .client(100 * state.number() + i)
                            .state(state)
                            .status(i % 2 == 0 ? 0 : SyntheticFlow.SEEN_REPLY)));
    Stream<SyntheticFlow> sctps =
        Stream.of(SctpState.values())
            .filter(state -> state != SctpState.HEARTBEAT_ACKED) // only older kernels take it
            .map(state -> sctp.client(state.number()).state(state));
    Stream<SyntheticFlow> others =
        Stream.of(
            udp.client(1).status(0),
            udp.client(2).status(SyntheticFlow.SEEN_REPLY),
            udp.client(3).status(SyntheticFlow.SEEN_REPLY),
            udp.client(4),
            SyntheticFlow.of(Tuple.udp("2001:db8::1", 5353, "2001:db8::2", 53)).status(0),
            SyntheticFlow.of(Tuple.echo("10.0.0.1", "192.0.2.1", 77)).status(0),
            SyntheticFlow.of(Tuple.echo("2001:db8::1", "2001:db8::2", 77))
                .status(SyntheticFlow.SEEN_REPLY),
            sctp.client(99),
            SyntheticFlow.of(
                    new Tuple(UDPLITE, udp.original().source(), 7, udp.original().destination(), 8))
                .status(0));
    Stream<SyntheticFlow> zoned =
        IntStream.range(0, ZONES)
            .boxed()
            .flatMap(i ->
                Stream.of(
                    tcp4.client(5_000 + i).zone(7 + i, ZoneDirection.BOTH),
                    udp.client(5_000 + i).zone(7 + i, ZoneDirection.ORIGINAL)));
    return Stream.of(tcp, sctps, others, zoned).flatMap(each -> each);
  }

  /** Through a router with NAT both ways, and the helper of FTP. */
  @Test
  void flagsAreThoseOfRealConnections() throws Exception {
    try (RoutedHosts hosts = RoutedHosts.create();
        Traffic fromClient = Traffic.in(hosts.client());
        Traffic fromServer = Traffic.in(hosts.server())) {
      hosts.forwardPort(80, 8080);
      hosts
          .router()
          .nft(
              """
              table ip hide {
                chain leaving {
                  type nat hook postrouting priority srcnat;
                  tcp dport 9090 masquerade
                }
              }
              table ip helped {
                ct helper ftp-standard { type "ftp" protocol tcp; }
                chain arriving {
                  type filter hook prerouting priority 0;
                  tcp dport 2121 ct helper set "ftp-standard"
                }
              }
              """);
      fromClient.connect(
          RoutedHosts.ROUTER_IPV4, 80, fromServer.listen(RoutedHosts.SERVER_IPV4, 8080));
      fromClient.connect(fromServer.listen(RoutedHosts.SERVER_IPV4, 9090));
      Connection control = fromClient.connect(fromServer.listen(RoutedHosts.SERVER_IPV4, 2121));
      say(control, "220 hello");
      say(control, "227 Entering Passive Mode (10,78,0,2,%d,%d)".formatted(DATA >> 8, DATA & 0xff));
      fromClient.connect(fromServer.listen(RoutedHosts.SERVER_IPV4, DATA)); // as the helper expects
      fromClient.exchange(fromServer.bind(RoutedHosts.SERVER_IPV4, 53));
      fromClient.send(RoutedHosts.SERVER_IPV4, 5353);
      fromClient.echo(RoutedHosts.SERVER_IPV6);
      try (RunningReader reader = RunningReader.in(hosts.router())) {
        assertThat(told(reader))
            .isEqualTo(witness(hosts.router()))
            .containsEntry("0 snat", 1L)
            .containsEntry("0 dnat", 1L)
            .containsEntry("0 helper", 1L)
            .containsEntry("0 expected", 1L)
            .containsEntry("0 tcp established", 4L);
      }
    }
  }

  private static void say(Connection connection, String line) throws IOException {
    byte[] bytes = (line + "\r\n").getBytes(StandardCharsets.US_ASCII);
    connection.server().getOutputStream().write(bytes);
    connection.client().getInputStream().readNBytes(bytes.length);
  }
}
