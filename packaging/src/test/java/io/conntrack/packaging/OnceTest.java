package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.ConntrackEntry;
import io.conntrack.testbed.ConntrackStatistics;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code --once}, over 3,000 flows from this host to 200 endpoints. */
@KernelTest
final class OnceTest {
  private static final TcpState[] STATES = TcpState.values();

  @AutoClose private final Namespace namespace = Namespace.create();

  @BeforeEach
  void createFlows() {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(
          Stream.concat(flows("127.0.0.1", "192.0.2."), flows("::1", "2001:db8:1:2:3:4:5:1")));
      writer.create(SyntheticFlow.of(Tuple.udp("127.0.0.1", 40000, "192.0.2.1", 53)));
    }
  }

  /** In every state but NONE. */
  private static Stream<SyntheticFlow> flows(String from, String to) {
    return IntStream.range(0, 1500)
        .mapToObj(i ->
            SyntheticFlow.of(Tuple.tcp(from, 10_000 + i, to + i % 100, 443))
                .state(STATES[1 + i % (STATES.length - 1)]));
  }

  @Test
  void printsTheKernelsTableAndNothingElse() throws Exception {
    try (Program program = Launch.in(namespace).start("--once")) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.log()).isEmpty();
      assertThat(program.output().lines()).allMatch(line -> line.matches("# .*|\\S+ \\S+"));
      Scrape scrape = Scrape.ofText(program.output());
      assertThat(scrape.hosts()).isEqualTo(expected());
      assertThat(scrape.value("conntrack_exporter_flows{kind=\"counted\"}")).isEqualTo(3000);
      assertThat(scrape.value("conntrack_table_entries")).isEqualTo(3001);
      assertThat(scrape.value("conntrack_table_limit")).isEqualTo(tableLimit());
      assertThat(scrape.value("conntrack_stat_insert_total")).isEqualTo(3001);
    }
  }

  private double tableLimit() {
    return Double.parseDouble(namespace.sysctl("net.netfilter.nf_conntrack_max"));
  }

  @Test
  void showsEachCpuIfAsked() throws Exception {
    try (Program program = Launch.in(namespace).start("--once", "--per-cpu")) {
      assertThat(program.awaitExit()).isZero();
      Scrape scrape = Scrape.ofText(program.output());
      ConntrackStatistics.byCpu(namespace)
          .forEach((cpu, counters) ->
              counters.forEach((name, value) ->
                  assertThat(scrape.value("conntrack_stat_" + name + "_total{cpu=\"" + cpu + "\"}"))
                      .isEqualTo((double) value)));
    }
  }

  @Test
  void aPipeTakesItAll() throws Exception {
    String[] shell = {"sh", "-c", "\"$@\" | grep -c ^conntrack_open_connections", "sh"};
    try (Program program = Launch.in(namespace).through(shell).start("--once")) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output()).isEqualTo("200\n");
    }
  }

  @Test
  void aFullDiskIsExitCode1() throws Exception {
    Launch launch = Launch.in(namespace).outputTo(Redirect.to(Path.of("/dev/full").toFile()));
    assertCannotWrite(launch);
  }

  @Test
  void aClosedStandardOutputIsExitCode1() throws Exception {
    assertCannotWrite(Launch.in(namespace).through("sh", "-c", "exec \"$@\" >&-", "sh"));
  }

  private static void assertCannotWrite(Launch launch) throws Exception {
    try (Program program = launch.start("--once")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.log()).hasSize(1);
      assertThat(program.log().getFirst())
          .startsWith("conntrack-exporter: cannot write to standard output");
    }
  }

  /** The remote end of a flow that this host began is its destination. */
  private Map<String, String> expected() {
    Map<String, List<ConntrackEntry>> byHost =
        ConntrackTable.of(namespace).tcp().collect(Collectors.groupingBy(OnceTest::destination));
    Map<String, String> expected = new TreeMap<>();
    byHost.forEach((host, entries) -> {
      int[] counts = new int[4];
      entries.forEach(entry -> counts[state(entry)]++);
      expected.put(host, Scrape.states(counts));
    });
    return expected;
  }

  private static String destination(ConntrackEntry entry) {
    Tuple tuple = entry.original();
    String address = tuple.destination().getHostAddress();
    return (tuple.isIpv4() ? address : "[" + address + "]") + ":" + tuple.destinationPort();
  }

  private static int state(ConntrackEntry entry) {
    return switch (TcpState.valueOf(entry.state())) {
      case SYN_SENT, SYN_SENT2, SYN_RECV -> 0;
      case ESTABLISHED -> 1;
      case FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT -> 2;
      case CLOSE -> 3;
      case NONE -> throw new AssertionError("no flow is in state NONE: " + entry);
    };
  }
}
