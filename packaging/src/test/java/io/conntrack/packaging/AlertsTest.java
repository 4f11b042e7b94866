package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
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
import java.time.Duration;
import java.time.Instant;
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
  private static final Pattern FIRING = Pattern.compile("alertname=\"(\\w+)\"");
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** What is long in production, and how long it is here. */
  private static final Map<String, String> SHORTER =
      Map.of(
          "for: \\d+m", "for: 0s",
          "\\[(5m|10m|30m)]", "[10s]",
          "\\[1d] offset 10m", "[60s] offset 10s",
          "4 \\* 3600", "60",
          "> 20$", "> 1",
          "age_seconds > 900", "age_seconds > 5");

  /**
   * To fill a larger table would take long, and the machine's memory: then its alerts stay quiet.
   */
  private static final int LARGEST_TABLE = 300_000;

  /** The table is full of what this test asks Prometheus. */
  private static final String QUIET = "--ignore-hosts=127.0.0.1";

  private static final SyntheticFlow FILLING =
      SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 10_000, "10.0.1.40", 9092))
          .status(SyntheticFlow.SEEN_REPLY | SyntheticFlow.ASSURED);

  @TempDir private Path folder;
  private Hosts hosts;
  private Traffic servers;
  private Traffic clients;
  private Prometheus prometheus;
  private final Set<String> fired = new TreeSet<>();

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
    try (Namespace namespace = Namespace.create()) {
      Path absolute = RULES.toAbsolutePath().getParent();
      namespace.sh("promtool check rules '%s/rules.yml'".formatted(absolute));
      namespace.sh("cd '%s'; promtool test rules rules.test.yml".formatted(absolute));
    }
    String cases = Files.readString(RULES.resolveSibling("rules.test.yml"));
    assertThat(names()).allMatch(name -> cases.contains("name: " + name + " fires"));
    assertThat(names()).allMatch(name -> cases.contains("name: " + name + " is quiet"));
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
    Path rulesFile = Files.writeString(folder.resolve("exporter-rules.yaml"), "rules: []\n");
    try (Program program =
            Launch.in(hosts.a()).serve(QUIET, "--histograms", "--rules=" + rulesFile);
        Program small =
            Launch.in(hosts.a()).serve(QUIET, "--max-endpoints=10", "--endpoint-retention=0s");
        Program lossy = Launch.in(hosts.a()).serve(QUIET, "--netlink-buffer=64KiB");
        Program other =
            Launch.in(hosts.b())
                .serve(
                    "--ignore-hosts=" + Hosts.A_IPV4, "--protocols=tcp,udp", "--local-ports=100")) {
      Program mortal = Launch.in(hosts.a()).serve(QUIET);
      startPrometheus();
      awaitFired("ConntrackExporterAbsent");
      scrape(other, program, small, lossy, mortal);
      ServerSocket server = servers.listen(Hosts.B_IPV4, 3306);
      usualDay(server);
      assertThat(firing()).isEmpty();

      Thread blackHole = hosts.b().start("black hole", this::sendInVain);
      useLocalPorts();
      int port = mortal.port();
      mortal.close();
      Files.writeString(rulesFile, "rules: [{prot: 80}]\n");
      breakLinks(server);
      fill(lossy);
      Set<String> expected = names();
      if (limit() > LARGEST_TABLE) {
        expected.removeIf(name -> name.startsWith("ConntrackTable"));
      }
      awaitFired(expected.toArray(String[]::new));

      Files.writeString(rulesFile, "rules: []\n");
      blackHole.interrupt();
      hosts.b().sh("conntrack -F 2>/dev/null");
      hosts.a().sh("conntrack -F 2>/dev/null");
      try (Program again = Launch.in(hosts.a()).start("--listen-port=" + port, QUIET)) {
        again.awaitReady();
        Await.until("the end of all alerts", LIMIT, this::firing, Set::isEmpty);
      }
    } finally {
      clients.close();
      servers.close();
      hosts.close();
    }
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
    TimeUnit.SECONDS.sleep(14);
    clients.connect(server).close();
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
    try (FlowWriter writer = FlowWriter.in(hosts.b())) {
      writer.create(
          IntStream.range(20_000, 20_900)
              .mapToObj(
                  port -> SyntheticFlow.of(Tuple.tcp(Hosts.B_IPV4, port, "10.0.1.50", 9200))));
    }
  }

  private void breakLinks(ServerSocket server) throws Exception {
    for (int i = 0; i < 30; i++) {
      clients.connect(server).reset();
      clients.connectRefused(Hosts.B_IPV4, 7);
    }
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 1);
    servers.dropRequests(9);
    for (int i = 0; i < 8; i++) {
      clients.connectUnanswered(Hosts.B_IPV4, 9).close();
    }
    servers.dropNoMore();
    awaitFired(
        "ConntrackEndpointRefuses", "ConntrackEndpointUnanswered", "ConntrackResetsAboveUsual");
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 120); // longer than a try
    for (int i = 0; i < 5; i++) {
      connectOnTheSecondTry(server);
    }
    awaitFired("ConntrackSetupTimeDoubled");
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
      for (int done = 0; done < Math.min(limit(), LARGEST_TABLE); done += 20_000) {
        writer.create(IntStream.range(done, done + 20_000).mapToObj(FILLING::client));
        fired.addAll(firing()); // and it sees the table grow
      }
    } catch (KernelException full) {
      assertThat(full.errnoName()).isEqualTo("ENOMEM");
    }
  }

  private void awaitFired(String... alerts) {
    Await.until(
        "alerts to fire",
        LIMIT,
        () -> {
          fired.addAll(firing());
          Set<String> missing = new TreeSet<>(Set.of(alerts));
          missing.removeAll(fired);
          return missing;
        },
        Set::isEmpty);
  }

  private Set<String> firing() {
    return prometheus.ask("ALERTS{alertstate=\"firing\"}", Instant.now()).keySet().stream()
        .map(FIRING::matcher)
        .filter(matcher -> matcher.find())
        .map(matcher -> matcher.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
