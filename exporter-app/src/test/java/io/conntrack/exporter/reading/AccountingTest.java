package io.conntrack.exporter.reading;

import static io.conntrack.testbed.Hosts.A_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV4;
import static io.conntrack.testbed.Hosts.B_IPV6;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Traffic;
import io.conntrack.exporter.exposition.Exposition;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What real connections carry; the conntrack command is the witness. */
@KernelTest
class AccountingTest {
  private static final int PORT = 8080;
  private static final String HOST = B_IPV4 + ":" + PORT;
  private static final Pattern COUNTERS = Pattern.compile("packets=(\\d+) bytes=(\\d+)");
  private static final String NONE = "0 0 / 0 0";

  private Hosts hosts;
  private io.conntrack.testbed.Traffic fromA;
  private io.conntrack.testbed.Traffic fromB;

  @BeforeEach
  void start() {
    hosts = Hosts.create();
    fromA = io.conntrack.testbed.Traffic.in(hosts.a());
    fromB = io.conntrack.testbed.Traffic.in(hosts.b());
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
    hosts.b().sysctl("net.netfilter.nf_conntrack_acct", 1);
  }

  @AfterEach
  void stop() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  private static RunningReader reader(Namespace namespace) throws Exception {
    return RunningReader.in(namespace, "--accounting");
  }

  /** "packets bytes / packets bytes": sent, then received; of a host that is not shown the same. */
  private static String shown(RunningReader reader, String host) {
    Snapshot snapshot = reader.observe().connections();
    for (int i = 0; snapshot.hasTraffic() && i < snapshot.endpointCount(); i++) {
      if (snapshot.labels(i).equals(host)) {
        return snapshot.traffic(i, Traffic.SENT_PACKETS)
            + " "
            + snapshot.traffic(i, Traffic.SENT_BYTES)
            + " / "
            + snapshot.traffic(i, Traffic.RECEIVED_PACKETS)
            + " "
            + snapshot.traffic(i, Traffic.RECEIVED_BYTES);
      }
    }
    return NONE;
  }

  /** The same of one line of the conntrack command's, in its order: original, then reply. */
  private static String told(String line) {
    Matcher counters = COUNTERS.matcher(line);
    assertThat(counters.find()).as(line).isTrue();
    String original = counters.group(1) + " " + counters.group(2);
    assertThat(counters.find()).as(line).isTrue();
    return original + " / " + counters.group(1) + " " + counters.group(2);
  }

  private static String list(Namespace namespace) {
    return told(namespace.sh("conntrack -L -p tcp -o extended --dport " + PORT).strip());
  }

  private static String reversed(String counters) {
    String[] directions = counters.split(" / ", 2);
    return directions[1] + " / " + directions[0];
  }

  /** One byte for each that is asked for, in both directions. */
  private static void carry(Connection connection, int there, int back) throws IOException {
    connection.client().getOutputStream().write(new byte[there]);
    assertThat(connection.server().getInputStream().readNBytes(there)).hasSize(there);
    connection.server().getOutputStream().write(new byte[back]);
    assertThat(connection.client().getInputStream().readNBytes(back)).hasSize(back);
  }

  private static void awaitShown(RunningReader reader, String host, String expected) {
    Await.untilEqual("what " + host + " carries", expected, () -> shown(reader, host));
  }

  @Test
  void bothEndsSeeTheSameFromTheirSide() throws Exception {
    try (RunningReader a = reader(hosts.a());
        RunningReader b = reader(hosts.b())) {
      Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
      carry(connection, 20_000, 50_000);

      awaitShown(a, HOST, list(hosts.a()));
      awaitShown(b, A_IPV4, reversed(list(hosts.b())));
      carry(connection, 3_000, 1);
      awaitShown(a, HOST, list(hosts.a()));
      awaitShown(b, A_IPV4, reversed(list(hosts.b())));
      assertThat(shown(a, HOST)).isNotEqualTo(NONE);
    }
  }

  @Test
  void whatEndedStaysCountedAndWhatFollowsIsAdded() throws Exception {
    try (RunningReader reader = reader(hosts.a())) {
      ServerSocket server = fromB.listen(B_IPV4, PORT);
      try (Connection first = fromA.connect(server)) {
        carry(first, 1_000, 1_000);
      }
      Await.until("its end", () -> hosts.a().sh("conntrack -L"), all -> all.contains("TIME_WAIT"));
      String ofFirst = list(hosts.a());
      awaitShown(reader, HOST, ofFirst);
      hosts.a().sh("conntrack -D -p tcp --orig-port-dst " + PORT);
      awaitShown(reader, HOST, ofFirst);

      carry(fromA.connect(server), 5, 7);
      awaitShown(reader, HOST, sum(ofFirst, list(hosts.a())));
    }
  }

  private static String sum(String one, String other) {
    String[] ones = one.split("[ /]+", -1);
    String[] others = other.split("[ /]+", -1);
    long[] sums = new long[4];
    for (int i = 0; i < 4; i++) {
      sums[i] = Long.parseLong(ones[i]) + Long.parseLong(others[i]);
    }
    return sums[0] + " " + sums[1] + " / " + sums[2] + " " + sums[3];
  }

  /** It has expired before a dump sees it, and none has since it began. */
  @Test
  void theLastBytesOfAShortConnectionComeWithItsDestroy() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_close", 1);
    Process events =
        hosts.a().exec("conntrack", "-E", "-e", "DESTROY", "-p", "tcp", "-o", "extended");
    try (RunningReader reader =
            RunningReader.in(hosts.a(), "--accounting", "--resync-interval=1h");
        BufferedReader lines = events.inputReader(US_ASCII)) {
      Connection connection = fromA.connect(fromB.listen(B_IPV6, PORT));
      carry(connection, 30_000, 10);
      connection.reset();
      Await.until(
          "its end", () -> hosts.a().sh("conntrack -L -f ipv6"), all -> !all.contains("tcp"));

      String host = "[" + B_IPV6 + "]:" + PORT;
      Await.until("traffic", () -> shown(reader, host), counters -> !counters.equals(NONE));
      assertThat(shown(reader, host)).isEqualTo(told(lines.readLine()));
    } finally {
      events.destroy();
    }
  }

  @Test
  void whatWasCarriedBeforeTheStartIsNotCounted() throws Exception {
    Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
    carry(connection, 20_000, 20_000);
    try (RunningReader reader = reader(hosts.a())) {
      assertThat(shown(reader, HOST)).isEqualTo(NONE);

      String before = list(hosts.a());
      carry(connection, 100, 200);
      Await.until(
          "traffic", () -> sum(before, shown(reader, HOST)), sum -> sum.equals(list(hosts.a())));
    }
  }

  @Test
  void whatAnotherReaderZeroesIsToldAndCountsOnce() throws Exception {
    try (RunningReader reader = reader(hosts.a())) {
      Connection connection = fromA.connect(fromB.listen(B_IPV4, PORT));
      carry(connection, 20_000, 50_000);
      String first = list(hosts.a());
      awaitShown(reader, HOST, first);
      assertThat(reader.observe().statistics().zeroed()).isZero();

      hosts.a().sh("conntrack -L -z");
      carry(connection, 10, 20);
      awaitShown(reader, HOST, sum(first, list(hosts.a())));
      assertThat(reader.observe().statistics().zeroed()).isEqualTo(1);
    }
  }

  @Test
  void ofAForwardedConnectionTowardsTheServerIsSent() throws Exception {
    try (RoutedHosts routed = RoutedHosts.create();
        io.conntrack.testbed.Traffic client = io.conntrack.testbed.Traffic.in(routed.client());
        io.conntrack.testbed.Traffic server = io.conntrack.testbed.Traffic.in(routed.server())) {
      routed.router().sysctl("net.netfilter.nf_conntrack_acct", 1);
      try (RunningReader reader = reader(routed.router())) {
        Connection connection = client.connect(server.listen(RoutedHosts.SERVER_IPV4, PORT));
        carry(connection, 20_000, 100);

        awaitShown(reader, RoutedHosts.SERVER_IPV4 + ":" + PORT, list(routed.router()));
      }
    }
  }

  @Test
  void withoutTheKernelsAccountingTheFamiliesAreAbsent() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 0);
    try (RunningReader reader = reader(hosts.a())) {
      ServerSocket server = fromB.listen(B_IPV4, PORT);
      carry(fromA.connect(server), 1, 1);
      assertThat(text(reader)).contains("conntrack_open_connections").doesNotContain("bytes_total");

      hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
      carry(fromA.connect(server), 1, 1);
      Await.until(
          "the families",
          () -> text(reader),
          text ->
              text.contains("\nconntrack_sent_bytes_total{host=\"" + HOST + "\"} ")
                  && text.contains("\nconntrack_received_packets_total{host=\"" + HOST + "\"} "));
    }
  }

  private static String text(RunningReader reader) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      new Exposition(new BuildInfo("1", "2", "3"), FamilyOptions.PLAIN)
          .write(reader.observe(), "", out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toString(US_ASCII);
  }
}
