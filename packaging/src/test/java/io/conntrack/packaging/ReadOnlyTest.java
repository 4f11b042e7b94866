package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing that the program does changes what the kernel tracks. */
@KernelTest
final class ReadOnlyTest {
  private static final Pattern TIMEOUT =
      Pattern.compile("(?<=^ipv[46] {1,9}\\d{1,2} \\w{1,9} {1,9}\\d{1,3} )\\d+ ");
  private static final TcpState[] STATES = TcpState.values();

  @Test
  void theTableAndTheSettingsStayAsTheyWere() throws Exception {
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flows());
      List<String> table = table(namespace);
      String settings = settings(namespace);
      try (Program program = Launch.in(namespace).serve("--resync-interval=100ms", "-e")) {
        Await.until(
            "some resyncs and scrapes",
            () ->
                program.scrape().value("conntrack_exporter_resyncs_total{reason=\"interval\"}")
                    > 2);
        program.end("TERM");
      }
      try (Program once = Launch.in(namespace).start("--once")) {
        assertThat(once.awaitExit()).isZero();
      }
      try (Program check = Launch.in(namespace).start("check")) {
        assertThat(check.awaitExit()).isZero();
      }
      assertThat(table(namespace)).isEqualTo(table);
      assertThat(settings(namespace)).isEqualTo(settings);
    }
  }

  private static Stream<SyntheticFlow> flows() {
    SyntheticFlow udp = SyntheticFlow.of(Tuple.udp("10.9.0.1", 40000, "10.77.0.2", 53));
    SyntheticFlow tcp = SyntheticFlow.of(Tuple.tcp("fd77::2", 40000, "2001:db8::1", 443)).mark(7);
    return IntStream.range(0, 500)
        .boxed()
        .flatMap(i -> Stream.of(udp.client(i), tcp.client(i).state(STATES[i % STATES.length])));
  }

  /** The whole of each entry but its timeout, which runs down. */
  private static List<String> table(Namespace namespace) {
    return ConntrackTable.of(namespace).entries().stream()
        .map(entry -> TIMEOUT.matcher(entry.line()).replaceFirst(""))
        .sorted()
        .toList();
  }

  private static String settings(Namespace namespace) {
    return namespace.sh("sysctl net.netfilter | grep -v nf_conntrack_count; nft list ruleset");
  }

  @Test
  void aConnectionThatWasOpenBeforeItStartsGoesOnAfterItHasEnded() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic toB = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b())) {
      Connection connection = toB.connect(ofB.listen(Hosts.B_IPV4, 0));
      String before = line(hosts.a(), connection);
      try (Program program = Launch.in(hosts.a()).serve()) {
        program.end("TERM");
      }
      assertThat(line(hosts.a(), connection)).isEqualTo(before);
      connection.client().getOutputStream().write(42);
      connection.server().setSoTimeout(10_000);
      assertThat(connection.server().getInputStream().read()).isEqualTo(42);
    }
  }

  private static String line(Namespace namespace, Connection connection) {
    String line = ConntrackTable.of(namespace).byOriginal().get(connection.original()).line();
    return TIMEOUT.matcher(line).replaceFirst("");
  }
}
