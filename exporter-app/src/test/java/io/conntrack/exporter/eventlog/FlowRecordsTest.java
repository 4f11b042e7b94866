package io.conntrack.exporter.eventlog;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.reading.RunningReader;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the JSON log tells of flows that have ended; the conntrack command is the witness. */
@KernelTest
@SuppressWarnings("try") // a reader that only has to run
class FlowRecordsTest {
  private static final String JSON = "-efjson";
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp(A_IPV4, 40000, "192.0.2.1", 443));

  private Hosts hosts;
  private Traffic fromA;
  private Traffic fromB;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @BeforeEach
  void create() {
    hosts = Hosts.create();
    fromA = Traffic.in(hosts.a());
    fromB = Traffic.in(hosts.b());
    // By default a flow sends events only if somebody on the machine listened when it began.
    hosts.a().sysctl("net.netfilter.nf_conntrack_events", 1);
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
    hosts.b().sysctl("net.netfilter.nf_conntrack_acct", 1);
  }

  @AfterEach
  void close() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  private RunningReader start(String... options) throws Exception {
    return RunningReader.in(
        hosts.a(),
        output,
        Stream.concat(Stream.of(JSON), Stream.of(options)).toArray(String[]::new));
  }

  private List<String> lines() {
    return output.toString(US_ASCII).lines().toList();
  }

  private List<String> ends() {
    return lines().stream().filter(line -> line.contains("\"event_type\":\"destroy\"")).toList();
  }

  private String awaitEnd() {
    return Await.until("a flow's end", this::ends, ends -> !ends.isEmpty()).getFirst();
  }

  private static String value(String line, String key) {
    Matcher matcher = Pattern.compile("\"" + key + "\":\"?([^\",}]*)").matcher(line);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static void carry(Connection connection, int there, int back) throws IOException {
    connection.client().getOutputStream().write(new byte[there]);
    assertThat(connection.server().getInputStream().readNBytes(there)).hasSize(there);
    connection.server().getOutputStream().write(new byte[back]);
    assertThat(connection.client().getInputStream().readNBytes(back)).hasSize(back);
  }

  /** What conntrack(8) says that it has deleted: packets and bytes, original then reply. */
  private static List<String> deleted(String output) {
    return Pattern.compile("(packets|bytes)=(\\d+)")
        .matcher(output)
        .results()
        .map(each -> each.group(2))
        .toList();
  }

  private static void awaitState(Hosts hosts, String state) {
    Await.until(
        state, () -> hosts.a().sh("conntrack -L -p tcp 2>/dev/null"), list -> list.contains(state));
  }

  @Test
  void aClosedConnectionTellsWhatTheKernelCountedAndHowItEnded() throws Exception {
    try (RunningReader ignored = start("--accounting")) {
      Connection connection = fromA.connect(fromB.listen(B_IPV4, 8080));
      carry(connection, 20_000, 50_000);
      connection.close();
      awaitState(hosts, "TIME_WAIT");
      List<String> counted = deleted(hosts.a().sh("conntrack -D -p tcp --dport 8080 2>/dev/null"));
      String end = awaitEnd();
      assertThat(value(end, "host")).isEqualTo(B_IPV4 + ":8080");
      assertThat(value(end, "direction")).isEqualTo("outbound");
      assertThat(value(end, "source")).isEqualTo(A_IPV4);
      assertThat(value(end, "zone")).isEqualTo("0");
      assertThat(value(end, "outcome") + " " + value(end, "reason")).isEqualTo("ended closed");
      assertThat(
              List.of(
                  value(end, "sent_packets"),
                  value(end, "sent_bytes"),
                  value(end, "received_packets"),
                  value(end, "received_bytes")))
          .isEqualTo(counted);
      assertThat(value(end, "setup_seconds")).matches("0\\.\\d{9}");
      double setup = Double.parseDouble(value(end, "setup_seconds"));
      assertThat(Double.parseDouble(value(end, "duration_seconds"))).isBetween(setup, 10.0);
      assertThat(end)
          .matches(".*\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z\".*")
          .doesNotContain("cause", "uncounted");
    }
  }

  @Test
  void withoutAccountingOfTheKernelNoBytesAreTold() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 0);
    try (RunningReader ignored = start("--accounting")) {
      fromA.connectRefused(B_IPV4, 81);
      String end = awaitEnd();
      assertThat(end).doesNotContain("bytes", "packets", "setup_seconds");
      assertThat(value(end, "outcome") + " " + value(end, "reason")).isEqualTo("failed refused");
      assertThat(value(end, "host")).isEqualTo(B_IPV4 + ":81");
    }
  }

  @Test
  void withoutTheOptionBytesAreThoseOfTheWholeFlow() throws Exception {
    Connection connection = fromA.connect(fromB.listen(B_IPV6, 8080));
    carry(connection, 1_000, 1_000);
    try (RunningReader ignored = start()) {
      List<String> counted = deleted(hosts.a().sh("conntrack -D -f ipv6 -p tcp 2>/dev/null"));
      String end = awaitEnd();
      assertThat(value(end, "sent_bytes")).isEqualTo(counted.get(1));
      assertThat(value(end, "received_bytes")).isEqualTo(counted.get(3));
      assertThat(value(end, "reason")).isEqualTo("evicted");
      assertThat(end).doesNotContain("uncounted");
    }
  }

  @Test
  void ofAFlowThatWasThereBeforeTheCountedBytesAreToldApart() throws Exception {
    Connection connection = fromA.connect(fromB.listen(B_IPV4, 8080));
    carry(connection, 1_000, 3_000);
    List<String> before = deleted(hosts.a().sh("conntrack -L -p tcp 2>/dev/null"));
    try (RunningReader reader = start("--accounting")) {
      reader.observe();
      carry(connection, 500, 700);
      List<String> counted = deleted(hosts.a().sh("conntrack -D -p tcp 2>/dev/null"));
      String end = awaitEnd();
      assertThat(value(end, "uncounted_sent_bytes")).isEqualTo(before.get(1));
      assertThat(value(end, "uncounted_received_bytes")).isEqualTo(before.get(3));
      assertThat(number(end, "sent_bytes") + number(end, "uncounted_sent_bytes"))
          .isEqualTo(Long.parseLong(counted.get(1)));
      assertThat(sums()).isEqualTo(counters(reader));
    }
  }

  private static long number(String line, String key) {
    return Long.parseLong(value(line, key));
  }

  /** By host, "sent received" of all lines. */
  private Map<String, String> sums() {
    return ends().stream()
        .filter(line -> !value(line, "host").isEmpty() && line.contains("sent_bytes"))
        .collect(
            Collectors.toMap(
                line -> value(line, "host"),
                line -> List.of(number(line, "sent_bytes"), number(line, "received_bytes")),
                (a, b) -> List.of(a.get(0) + b.get(0), a.get(1) + b.get(1))))
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().toString()));
  }

  private static Map<String, String> counters(RunningReader reader) {
    var snapshot = reader.observe().connections();
    return IntStream.range(0, snapshot.endpointCount())
        .boxed()
        .collect(
            Collectors.toMap(
                snapshot::labels,
                i ->
                    List.of(
                            snapshot.traffic(i, io.conntrack.aggregator.state.Traffic.SENT_BYTES),
                            snapshot.traffic(
                                i, io.conntrack.aggregator.state.Traffic.RECEIVED_BYTES))
                        .toString()));
  }

  @Test
  void aClientOfThisHostIsTheSourceAndItsBytesAreReceived() throws Exception {
    try (RunningReader ignored =
        RunningReader.in(hosts.b(), output, JSON, "--accounting", "--log-events-types=destroy")) {
      Connection connection = fromA.connect(fromB.listen(B_IPV4, 8080));
      carry(connection, 20_000, 1);
      connection.reset();
      Await.until(
          "the reset",
          () -> hosts.b().sh("conntrack -L -p tcp 2>/dev/null"),
          list -> list.contains("CLOSE"));
      hosts.b().sh("conntrack -D -p tcp");
      String end = awaitEnd();
      assertThat(value(end, "host")).isEqualTo(A_IPV4);
      assertThat(value(end, "direction")).isEqualTo("inbound");
      assertThat(value(end, "source")).isEqualTo(A_IPV4);
      assertThat(value(end, "reason")).isEqualTo("reset");
      assertThat(number(end, "received_bytes")).isGreaterThan(20_000);
      assertThat(lines()).hasSize(1);
    }
  }

  @Test
  void aFlowOfAProtocolThatIsNotCountedHasNoHostAndNoOutcome() throws Exception {
    try (RunningReader ignored = start()) {
      fromA.exchange(fromB.bind(B_IPV4, 5353));
      hosts.a().sh("conntrack -D -p udp");
      String end = awaitEnd();
      assertThat(end).doesNotContain("\"host\"", "outcome", "reason", "cause");
      assertThat(value(end, "direction")).isEqualTo("outbound");
      assertThat(number(end, "sent_packets")).isPositive();
    }
  }

  @Test
  void aFlowThatTheKernelForgotIsToldWhenItCollectsItWithTheOutcomeThatWasCounted()
      throws Exception {
    try (RunningReader reader = start("--resync-interval=100ms");
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(FLOW.timeoutSeconds(1));
      String end = awaitEnd();
      assertThat(value(end, "outcome") + " " + value(end, "reason")).isEqualTo("ended timed_out");
      assertThat(value(end, "host")).isEqualTo("192.0.2.1:443");
      reader.awaitHosts(Map.of("192.0.2.1:443", "0 0 0 0"));
    }
  }

  @Test
  void onlyTheTypesThatAreAskedForAreLogged() throws Exception {
    try (RunningReader ignored = start("--log-events-types=new,destroy");
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(FLOW);
      writer.update(FLOW.state(io.conntrack.testbed.TcpState.FIN_WAIT));
      writer.delete(FLOW);
      awaitEnd();
      assertThat(lines().stream().map(line -> value(line, "event_type")))
          .containsExactly("new", "destroy");
    }
  }

  @Test
  void aSampleHasAFlowWholeOrNotAtAllAndTheSameAfterARestart() throws Exception {
    int flows = 2_000;
    Set<String> first = new HashSet<>();
    for (int run = 0; run < 2; run++) {
      output.reset();
      try (RunningReader reader = start("--log-events-sample=1/10");
          FlowWriter writer = FlowWriter.in(hosts.a())) {
        writer.create(IntStream.range(0, flows).mapToObj(FLOW::client));
        writer.delete(IntStream.range(0, flows).mapToObj(FLOW::client));
        Await.untilEqual("all ends", (long) flows, () -> reader.statistics().events().destroyed());
      }
      Set<String> sources = new HashSet<>();
      Set<String> ended = new HashSet<>();
      for (String line : lines()) {
        (line.contains("\"new\"") ? sources : ended).add(value(line, "original_source_host"));
      }
      assertThat(sources).isEqualTo(ended);
      assertThat(sources.size()).isBetween(130, 280);
      assertThat(run == 0 ? sources : first).isEqualTo(sources);
      first.addAll(sources);
    }
  }

  @Test
  void linesOfManyConnectionsSumUpToTheCounters() throws Exception {
    try (RunningReader reader = start("--accounting", "--resync-interval=100ms")) {
      ServerSocket one = fromB.listen(B_IPV4, 8080);
      ServerSocket two = fromB.listen(B_IPV4, 8081);
      for (int i = 0; i < 30; i++) {
        Connection connection = fromA.connect(i % 3 == 0 ? one : two);
        carry(connection, 100 * i + 1, 10 * i + 1);
        if (i % 2 == 0) {
          connection.reset();
        } else {
          connection.close();
        }
        fromA.connectRefused(B_IPV4, 81);
      }
      Await.until(
          "all to have closed",
          () -> hosts.a().sh("conntrack -L -p tcp --state TIME_WAIT 2>/dev/null | wc -l").strip(),
          "15"::equals);
      hosts.a().sh("conntrack -F");
      Await.untilEqual("all ends", 60, () -> ends().size());
      assertThat(sums()).isEqualTo(counters(reader)).hasSize(3);
    }
  }
}
