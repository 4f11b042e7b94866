package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The queries of docs/queries.md answer their questions: a real Prometheus scrapes two programs on
 * one host, while links of that host break one after the other. One of the programs loses events.
 */
@KernelTest
final class QueriesTest {
  private static final String REFUSES = "# Which link refuses connections?";
  private static final String UNANSWERED = "# Which remote host does not answer?";
  private static final String ENDS = "# What ends connections, other than that both sides close?";
  private static final String EXHAUSTS = "# Who exhausts the kernel's table?";
  private static final String FILL = "# Which states fill the kernel's table?";
  private static final String PORTS =
      "# Which server will soon be out of local ports? (needs --local-ports)";
  private static final String HOLES =
      "# Which host is sent to and never answers? (needs --protocols=tcp,udp)";
  private static final String UNTRUSTED = "# Which exporter's numbers are not to be trusted?";

  private static final String SLOWER =
      "# Which server's setup time doubled, against the last day? (needs --histograms)";

  private static final String HEALTHY = "10.0.1.5";
  private static final String REFUSING = "10.0.1.12";
  private static final String SILENT = "10.0.1.20";
  private static final String RESETTING = "10.0.1.30";
  private static final SyntheticFlow GREEDY =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10000, "10.0.1.40", 9092));
  private static final SyntheticFlow MODEST =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10000, "10.0.1.41", 9092));

  /** Longer than the bound that the query sets to the age of a resync. */
  private static final int SILENCE_S = 1_000;

  private static final int SILENT_PORT = 443;

  /** The share of the kernel's table that the query asks for. */
  private static final String TENTH = "> 0.1";

  /** Of a large table so many are filled, and the query asks for their share. */
  private static final int MOST_GREEDY = 26_000;

  /** How far back the question for the setup time looks. */
  private static final Duration RECENT = Duration.ofMinutes(10);

  /** The table is full of what this test asks Prometheus. */
  private static final String QUIET = "--ignore-hosts=127.0.0.1";

  @TempDir private Path folder;
  private final Map<String, String> queries = Docs.queries();
  private Hosts hosts;
  private Traffic servers;
  private Traffic clients;
  private Prometheus prometheus;

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  @BeforeEach
  void create() {
    hosts = Hosts.create();
    servers = Traffic.in(hosts.b());
    clients = Traffic.in(hosts.a());
    for (String address : List.of(HEALTHY, REFUSING, SILENT, RESETTING)) {
      hosts.b().sh("ip address add " + address + "/32 dev lo");
    }
    hosts.a().sh("ip route add 10.0.1.0/24 via " + Hosts.B_IPV4);
  }

  @AfterEach
  void close() {
    clients.close();
    servers.close();
    hosts.close();
  }

  @Test
  void theReadmesQueriesAreAmongThem() {
    assertThat(queries).containsAllEntriesOf(Docs.queries(Docs.README));
    assertThat(Docs.queries(Docs.README)).hasSize(5);
  }

  @Test
  void eachNamesWhatIsBrokenAndNothingElse() throws Exception {
    assertThat(queries)
        .containsOnlyKeys(
            REFUSES, UNANSWERED, ENDS, EXHAUSTS, FILL, PORTS, HOLES, SLOWER, UNTRUSTED);
    try (Program sound = Launch.in(hosts.a()).serve(QUIET);
        Program lossy = Launch.in(hosts.a()).serve(QUIET, "--netlink-buffer=64KiB")) {
      List<Integer> ports = List.of(sound.port(), lossy.port());
      // It answers of a moment after the silence too, with what it knew last.
      prometheus = Prometheus.start(hosts.a(), folder, ports, "--query.lookback-delta=30m");
      refuse();
      leaveUnanswered();
      reset();
      expectNothing(EXHAUSTS, UNTRUSTED);
      exhaustTableWhileItSleeps(lossy);
      expectExhausted(Prometheus.instance(sound.port()), Prometheus.instance(lossy.port()));
      expectUntrusted(Prometheus.instance(sound.port()), Prometheus.instance(lossy.port()));
      expect(REFUSES, "{host=\"10.0.1.12:8080\"}");
      expect(UNANSWERED, "{host=\"10.0.1.20:443\"}");
      expect(ENDS, "{host=\"10.0.1.30:5432\",reason=\"reset\"}");
    }
  }

  /** One server is slow from now on, another one always was. Ten minutes pass in the question. */
  @Test
  void theServerIsNamedThatIsSlowerThanItWas() throws Exception {
    try (Program program = Launch.in(hosts.a()).serve(QUIET, "--histograms")) {
      prometheus = Prometheus.start(hosts.a(), folder, List.of(program.port()));
      ServerSocket server = servers.listen(HEALTHY, 3306);
      ServerSocket slow = servers.listen(RESETTING, 5432);
      clients.connect(server);
      connectOnTheSecondTry(slow);
      prometheus.awaitValue("sum(conntrack_setup_seconds_count)", "2"); // it knows both
      for (int i = 0; i < 50; i++) {
        clients.connect(server);
      }
      connectOnTheSecondTry(slow);
      prometheus.awaitValue("sum(conntrack_setup_seconds_count)", "53");
      Instant before = Instant.now();
      prometheus.awaitValue(
          "min(timestamp(conntrack_setup_seconds_count)) > bool " + (before.getEpochSecond() + 1),
          "1");

      connectOnTheSecondTry(server);
      connectOnTheSecondTry(slow);
      prometheus.awaitValue("sum(conntrack_setup_seconds_count)", "55");
      assertThat(prometheus.ask(queries.get(SLOWER), before.plus(RECENT)))
          .containsOnlyKeys(
              "{host=\"10.0.1.5:3306\",instance=\""
                  + Prometheus.instance(program.port())
                  + "\",job=\"conntrack\"}");
    }
  }

  /** What a packet does to a flow of UDP is written here, and needs no minute. */
  @Test
  void whatFillsTheTableOrTakesThePortsOrNeverAnswersIsNamed() throws Exception {
    hosts.a().sysctl("net.ipv4.ip_local_port_range", "20000 20199");
    int limit = Integer.parseInt(hosts.a().sysctl("net.netfilter.nf_conntrack_max"));
    queries.computeIfPresent(FILL, (question, query) -> query.replace(TENTH, "> " + 150.0 / limit));
    SyntheticFlow dns = SyntheticFlow.of(Tuple.udp(Hosts.A_IPV4, 5353, "10.0.1.53", 53)).status(0);
    SyntheticFlow syslog =
        SyntheticFlow.of(Tuple.udp(Hosts.A_IPV4, 5353, "10.0.1.54", 514)).status(0);
    try (Program program =
            Launch.in(hosts.a()).serve(QUIET, "--local-ports=100", "--protocols=tcp,udp");
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      prometheus = Prometheus.start(hosts.a(), folder, List.of(program.port()));
      String instance = "instance=\"" + Prometheus.instance(program.port()) + "\"";
      ServerSocket server = servers.listen(HEALTHY, 3306);
      for (int i = 0; i < 150; i++) {
        clients.connect(server);
      }
      writer.create(dns.timeoutSeconds(30), syslog.timeoutSeconds(30));
      prometheus.awaitValue("sum(conntrack_local_ports_used)", "150");
      prometheus.awaitValue(
          "sum(conntrack_table_flows{protocol=\"udp\",state=\"unreplied\"})", "2");
      expectNothing(PORTS, HOLES);

      writer.update(dns.timeoutSeconds(120), syslog.timeoutSeconds(120));
      for (int i = 150; i < 165; i++) {
        clients.connect(server);
      }
      expect(
          PORTS,
          "{host=\""
              + HEALTHY
              + ":3306\","
              + instance
              + ",local_address=\""
              + Hosts.A_IPV4
              + "\"}");
      expect(HOLES, "{host=\"10.0.1.53:53\"," + instance + ",job=\"conntrack\",protocol=\"udp\"}");
      expect(FILL, "{" + instance + ",protocol=\"tcp\",state=\"established\"}");
    }
  }

  /** The kernel sends the first packet again when a second has passed. */
  private void connectOnTheSecondTry(ServerSocket server) throws Exception {
    servers.dropRequests(server.getLocalPort());
    clients.connectUnanswered(server.getInetAddress().getHostAddress(), server.getLocalPort());
    servers.dropNoMore();
    server.accept().close();
  }

  private void refuse() throws Exception {
    ServerSocket server = servers.listen(REFUSING, 8080);
    clients.connect(server);
    clients.connect(servers.listen(HEALTHY, 3306));
    prometheus.awaitValue("sum(conntrack_open_connections)", "4");
    expectNothing(REFUSES, UNANSWERED, ENDS, EXHAUSTS, UNTRUSTED);
    server.close();
    clients.connectRefused(REFUSING, 8080);
    expect(REFUSES, "{host=\"10.0.1.12:8080\"}");
  }

  private void leaveUnanswered() throws Exception {
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 1);
    clients.connect(servers.listen(SILENT, SILENT_PORT));
    prometheus.awaitValue("sum(conntrack_open_connections)", "6");
    servers.dropRequests(SILENT_PORT);
    expectNothing(UNANSWERED);
    clients.connectUnanswered(SILENT, SILENT_PORT).close();
    expect(UNANSWERED, "{host=\"10.0.1.20:443\"}");
  }

  /** Of each server one connection after Prometheus knows how the other one ended. */
  private void reset() throws Exception {
    ServerSocket healthy = servers.listen(HEALTHY, 3307);
    ServerSocket resetting = servers.listen(RESETTING, 5432);
    clients.connect(healthy).close();
    clients.connect(resetting).reset();
    prometheus.awaitValue("sum(conntrack_connections_ended_total)", "4");
    expectNothing(ENDS);
    clients.connect(healthy).close();
    clients.connect(resetting).reset();
    expect(ENDS, "{host=\"10.0.1.30:5432\",reason=\"reset\"}");
  }

  /**
   * One has a little more than a tenth of the table, another, which is there before, half as much.
   * Their events are more than the program's buffer holds. Where the host's table is large, a
   * smaller share is asked for.
   */
  private void exhaustTableWhileItSleeps(Program lossy) {
    int limit = Integer.parseInt(hosts.a().sysctl("net.netfilter.nf_conntrack_max"));
    int share = Math.min(limit / 10, MOST_GREEDY);
    queries.compute(
        EXHAUSTS,
        (question, query) -> {
          assertThat(query).endsWith(TENTH);
          return query.replace(TENTH, "> " + (double) share / limit);
        });
    lossy.signal("STOP");
    try (FlowWriter writer = FlowWriter.in(hosts.a())) {
      writer.create(IntStream.range(0, share / 2).mapToObj(MODEST::client));
      writer.create(IntStream.rangeClosed(0, share).mapToObj(GREEDY::client));
    } finally {
      lossy.signal("CONT");
    }
  }

  private void expectExhausted(String sound, String lossy) {
    expect(
        EXHAUSTS,
        "{host=\"10.0.1.40:9092\",instance=\"" + sound + "\"}",
        "{host=\"10.0.1.40:9092\",instance=\"" + lossy + "\"}");
  }

  /** Now for its losses; later, as if scrapes went on and told of no resync, both. */
  private void expectUntrusted(String sound, String lossy) {
    String job = "\",job=\"conntrack\"}";
    expect(UNTRUSTED, "{instance=\"" + lossy + job);
    assertThat(prometheus.ask(queries.get(UNTRUSTED), Instant.now().plusSeconds(SILENCE_S)))
        .containsOnlyKeys("{instance=\"" + sound + job, "{instance=\"" + lossy + job);
  }

  private void expect(String question, String... series) {
    prometheus.awaitSeries(queries.get(question), series);
  }

  private void expectNothing(String... questions) {
    for (String question : questions) {
      assertThat(prometheus.ask(queries.get(question), Instant.now())).as(question).isEmpty();
    }
  }
}
