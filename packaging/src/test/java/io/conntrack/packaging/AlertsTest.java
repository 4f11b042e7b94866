package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelException;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The alerts of prometheus/rules.yml. Each has a case in which it fires and one in which it is
 * quiet, and a runbook. In a real Prometheus, with minutes made seconds, real faults make each
 * fire; without the faults they end.
 */
@KernelTest
final class AlertsTest {
  private static final Path RULES = Path.of("prometheus/rules.yml");
  private static final Path RUNBOOKS = Path.of("../docs/runbooks");
  private static final Pattern NAME = Pattern.compile("alert: (\\w+)");

  /** What is long in production, and how long it is here. */
  private static final Map<String, String> SHORTER =
      Map.of(
          "for: \\d+m", "for: 0s",
          "\\[(5m|10m|30m)]", "[8s]",
          "\\[1d] offset 10m", "[60s] offset 8s",
          "4 \\* 3600", "60",
          "> 20$", "> 1");

  /**
   * To fill a larger table would take long, and the machine's memory: then its alerts stay quiet.
   */
  private static final int LARGEST_TABLE = 300_000;

  /** The table is full of what this test asks Prometheus. */
  private static final String QUIET = "--ignore-hosts=127.0.0.1";

  private static final SyntheticFlow FILLING =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10_000, "10.0.1.40", 9092))
          .status(SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED);

  private static final String BLACK_HOLE = "ConntrackEndpointBlackHole";
  private static final String BAD = "ConntrackExporterFileBad";
  private static final String[] FULL = {
    "ConntrackTableNearlyFull", "ConntrackTableFullSoon", "ConntrackTableDrops"
  };

  private static final String GOOD_RULES = "rules: []\n";
  private static final String GOOD_NAMES = "10.0.1.5 payments-db\n";
  private static final String GOOD_WEB =
      "http_server_config: { headers: { X-Frame-Options: deny } }\n";

  private static final List<String> COMMANDS =
      List.of(
          "promtool check rules rules.yml recording.yml",
          "promtool test rules rules.test.yml recording.test.yml");

  @TempDir private Path folder;
  private Hosts hosts;
  private Traffic servers;
  private Traffic clients;
  private AlertsFired fired;
  private Prometheus prometheus;

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  private static Set<String> names() throws IOException {
    return NAME.matcher(Files.readString(RULES))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void eachFiresAndIsQuietInItsCases() throws Exception {
    String cases = Files.readString(RULES.resolveSibling("rules.test.yml"));
    assertThat(names()).allMatch(name -> cases.contains("name: " + name + " fires"));
    assertThat(names()).allMatch(name -> cases.contains("name: " + name + " is quiet"));
    Tried.compare(
        "rules-tried.md",
        """
        # What promtool says of the rules

        The tests run these commands in `packaging/prometheus`, and hold this page to what is printed. `make tried` writes it anew.

        ```
        %s
        ```

        `rules.test.yml` has a case for each [alert](alerts.md) that fires and one that is quiet, `recording.test.yml` one for each
        [recording rule](dashboards.md#recording-rules).
        """
            .formatted(promtool()));
  }

  /** What it prints for each command, and the command. */
  private static String promtool() {
    try (Namespace namespace = Namespace.create()) {
      return COMMANDS.stream()
          .map(command ->
              "$ " + command + "\n" + namespace.sh("cd prometheus; " + command + " 2>&1").strip())
          .collect(Collectors.joining("\n"));
    }
  }

  @Test
  void eachHasARunbookAndNoRunbookIsWithoutAlert() throws IOException {
    String rules = Files.readString(RULES);
    assertThat(names()).hasSizeGreaterThan(10).allMatch(name -> rules.contains("/" + name + ".md"));
    try (var files = Files.list(RUNBOOKS)) {
      assertThat(files.map(file -> file.getFileName().toString().replace(".md", "")))
          .containsExactlyInAnyOrderElementsOf(names());
    }
  }

  @Test
  void eachFiresByARealFaultAndEndsWithIt() throws Exception {
    hosts = Hosts.create();
    hosts.b().sysctl("net.ipv4.ip_local_port_range", "20000 20999");
    servers = Traffic.in(hosts.b());
    clients = Traffic.in(hosts.a());
    startPrometheus();
    fired.by("Prometheus has no target", "ConntrackExporterAbsent");
    writeFiles(GOOD_RULES, GOOD_NAMES, GOOD_WEB);
    try (Program other =
            Launch.in(hosts.b())
                .serve(
                    "--ignore-hosts=" + Hosts.A_IPV4, "--protocols=tcp,udp", "--local-ports=100");
        Program program =
            Launch.in(hosts.a())
                .serve(QUIET, "--histograms", "--rules=" + folder.resolve("rules.yaml"));
        Program small =
            Launch.in(hosts.a())
                .serve(
                    QUIET,
                    "--max-endpoints=10",
                    "--endpoint-retention=0s",
                    "--names=" + folder.resolve("names"));
        Program lossy =
            Launch.in(hosts.a())
                .serve(
                    QUIET,
                    "--netlink-buffer=64KiB",
                    "--web.config.file=" + folder.resolve("web.yaml"))) {
      // First, since it counts when it has lasted for a minute: meanwhile comes all else.
      fired.by("a datagram a second to an address that nobody has", BLACK_HOLE);
      Thread blackHole = hosts.b().start("black hole", this::sendInVain);
      Program mortal = Launch.in(hosts.a()).serve(QUIET);
      fired.await("ConntrackExporterAbsent");
      scrape(other, program, small, lossy, mortal);
      ServerSocket server = servers.listen(Hosts.B_IPV4, 3306);
      usualDay(server);
      assertThat(fired.now()).isEmpty();

      int port = mortal.port();
      breakAll(server, lossy, mortal);
      writeFiles(GOOD_RULES, GOOD_NAMES, GOOD_WEB);
      hosts.a().sh("conntrack -F 2>/dev/null");
      hosts.b().sh("conntrack -D --proto tcp >/dev/null 2>&1"); // the black hole stays
      try (Program again = Launch.in(hosts.a()).start("--listen-port=" + port, QUIET)) {
        again.awaitReady();
        fired.await(BLACK_HOLE);
        blackHole.interrupt();
        hosts.b().sh("conntrack -F 2>/dev/null");
        fired.awaitEnd();
      }
      if (limit() <= LARGEST_TABLE) {
        Tried.compare("alerts-tried.md", fired.document());
      }
    } finally {
      clients.close();
      servers.close();
      hosts.close();
    }
  }

  private void breakAll(ServerSocket server, Program lossy, Program mortal) throws Exception {
    useLocalPorts();
    fired.by("kill -9 of an exporter", "ConntrackExporterDown");
    mortal.close();
    fired.by("an unknown key in the rules and the web file, and a name without its address", BAD);
    writeFiles("rules: [{prot: 80}]\n", "payments-db\n", "basic_auth_user: {}\n");
    breakLinks(server);
    fill(lossy);
    Set<String> expected = names();
    expected.remove(BLACK_HOLE);
    if (limit() > LARGEST_TABLE) {
      expected.removeIf(name -> name.startsWith("ConntrackTable"));
    }
    fired.await(expected.toArray(String[]::new));
    fired.awaitOf(3, BAD); // that of each file
  }

  private void writeFiles(String rules, String names, String web) throws IOException {
    Files.writeString(folder.resolve("rules.yaml"), rules);
    Files.writeString(folder.resolve("names"), names);
    Files.writeString(folder.resolve("web.yaml"), web);
  }

  private void startPrometheus() throws IOException {
    String rules = Files.readString(RULES);
    for (Map.Entry<String, String> change : SHORTER.entrySet()) {
      Pattern usual = Pattern.compile(change.getKey(), Pattern.MULTILINE);
      assertThat(usual.matcher(rules).find()).as(change.getKey()).isTrue();
      rules = usual.matcher(rules).replaceAll(change.getValue());
    }
    Files.writeString(folder.resolve("rules.yml"), rules);
    prometheus =
        Prometheus.start(
            Path.of("prometheus"), hosts.a(), folder, config("[]"), "--web.enable-lifecycle");
    fired = new AlertsFired(prometheus);
  }

  private String config(String targets) {
    return """
    global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
    rule_files: [ %s/rules.yml ]
    scrape_configs: [ { job_name: conntrack, static_configs: [ { targets: %s } ] } ]
    """
        .formatted(folder, targets);
  }

  /** The programs of host a, and one of host b. */
  private void scrape(Program ofB, Program... programs) throws IOException {
    String targets =
        Stream.concat(
                Stream.of(Hosts.B_IPV4 + ":" + ofB.port()),
                Stream.of(programs).map(program -> Prometheus.instance(program.port())))
            .collect(Collectors.joining("', '", "['", "']"));
    Files.writeString(folder.resolve("prometheus.yml"), config(targets));
    hosts.a().sh("curl --silent --fail --request POST http://127.0.0.1:9090/-/reload");
    prometheus.awaitValue("count(up == 1)", Integer.toString(1 + programs.length));
  }

  /** Connections as always, one reset, one refused, and a port scan from outside. */
  private void usualDay(ServerSocket server) throws Exception {
    for (int i = 0; i < 20; i++) {
      clients.connect(server).close();
    }
    clients.connect(server).reset();
    clients.connectRefused(Hosts.B_IPV4, 7); // Prometheus counts from the first value that it sees
    for (int port = 1000; port < 1100; port++) {
      servers.connectRefused(Hosts.A_IPV4, port);
    }
    for (int second = 0; second < 11; second++) {
      clients.connect(server).close();
      TimeUnit.SECONDS.sleep(1);
    }
  }

  /** Over one flow, to an address that nobody has. It counts when it has lasted for a minute. */
  private void sendInVain() throws Exception {
    hosts.b().sh("ip route add 10.0.1.53 via " + Hosts.A_IPV4);
    InetSocketAddress gone = new InetSocketAddress(InetAddress.ofLiteral("10.0.1.53"), 53);
    try (DatagramSocket sender = new DatagramSocket()) {
      while (true) {
        sender.send(new DatagramPacket(new byte[1], 1, gone));
        TimeUnit.SECONDS.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the fault is over
    }
  }

  /** Nine of ten that host b may use. */
  private void useLocalPorts() {
    fired.by("connections from 900 of 1,000 ports to one server", "ConntrackLocalPortsNearlyUsed");
    try (FlowWriter writer = FlowWriter.in(hosts.b())) {
      writer.create(
          IntStream.range(20_000, 20_900)
              .mapToObj(
                  port -> SyntheticFlow.of(Tuple.tcp(Hosts.B_IPV4, port, "10.0.1.50", 9200))));
    }
  }

  private void breakLinks(ServerSocket server) throws Exception {
    fired.by("30 connections to a closed port", "ConntrackEndpointRefuses");
    fired.by("30 connections that the client resets", "ConntrackResetsAboveUsual");
    for (int i = 0; i < 30; i++) {
      clients.connect(server).reset();
      clients.connectRefused(Hosts.B_IPV4, 7);
    }
    fired.by("8 connections whose packets are dropped", "ConntrackEndpointUnanswered");
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 1);
    servers.dropRequests(9);
    for (int i = 0; i < 8; i++) {
      clients.connectUnanswered(Hosts.B_IPV4, 9).close();
    }
    servers.dropNoMore();
    fired.await("ConntrackEndpointUnanswered"); // each has been given up
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 120); // longer than a try
    fired.awaitEndOf("ConntrackSetupTimeDoubled"); // of 30 connections on a busy machine
    fired.by("5 connections whose first packet is dropped", "ConntrackSetupTimeDoubled");
    for (int i = 0; i < 5; i++) {
      connectOnTheSecondTry(server);
    }
    fired.await("ConntrackSetupTimeDoubled");
  }

  /** The kernel sends the first packet again when a second has passed. */
  private void connectOnTheSecondTry(ServerSocket server) throws Exception {
    servers.dropRequests(server.getLocalPort());
    clients.connectUnanswered(Hosts.B_IPV4, server.getLocalPort());
    servers.dropNoMore();
    server.accept().close();
  }

  private int limit() {
    return Integer.parseInt(hosts.a().sysctl("net.netfilter.nf_conntrack_max"));
  }

  /** A flood, many endpoints, and a table that fills up to the last entry. */
  private void fill(Program lossy) {
    fired.by("1,500 open requests of as many clients", "ConntrackSynFlood");
    fired.by("50 servers, and --max-endpoints=10", "ConntrackExporterEndpointsOverBudget");
    fired.by(
        "an exporter with a small buffer, stopped for a moment", "ConntrackExporterLosesEvents");
    try (FlowWriter writer = FlowWriter.in(hosts.a())) {
      lossy.signal("STOP");
      writer.create(
          IntStream.range(0, 1500)
              .mapToObj(i ->
                  SyntheticFlow.of(
                      Tuple.tcp(
                          "198.18.%d.%d".formatted(i / 250, i % 250), 5000, Hosts.A_IPV4, 80)))
              .map(flow -> flow.state(TcpState.SYN_RECV)));
      writer.create(
          IntStream.range(0, 50)
              .mapToObj(
                  i -> SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10_000, "10.0.2." + i, 443))));
      lossy.signal("CONT"); // soon, so that Prometheus has a value from before
      fired.by("a table that grows up to its limit", FULL);
      fired.by("the same, too large for a resync in time", "ConntrackExporterNotInSync");
      for (int done = 0; done < Math.min(limit(), LARGEST_TABLE); done += 20_000) {
        writer.create(IntStream.range(done, done + 20_000).mapToObj(FILLING::client));
      }
    } catch (KernelException full) {
      assertThat(full.errnoName()).isEqualTo("ENOMEM");
    }
  }
}
