package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every query of every dashboard has data: of a client, a router and a server that a real
 * Prometheus scrapes, while they talk and fail. A second Prometheus stores native histograms in
 * place of classic ones. Pictures, drawn of the same queries, go into {@code target/dashboards}.
 */
@KernelTest
final class DashboardsTest {
  private static final Path PICTURES = Path.of("target/dashboards");
  private static final Path PAGE = Path.of("src/test/js/dashboard.html").toAbsolutePath();
  private static final Path RULES = Path.of("prometheus").toAbsolutePath();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PORT = 8080;
  private static final String SERVER = RoutedHosts.SERVER_IPV4 + ":" + PORT;

  /** For pictures of more than a minute. */
  private static final int TRAFFIC_S = Integer.getInteger("dashboards.seconds", 12);

  /** More than --local-ports tells of. */
  private static final int HELD = 120;

  /** Nobody runs an exporter of several network namespaces here. */
  private static final List<String> MAY_BE_EMPTY = List.of("netns");

  private static final SyntheticFlow HOLE =
      SyntheticFlow.of(Tuple.udp(RoutedHosts.CLIENT_IPV4, 5353, RoutedHosts.SERVER_IPV4, PORT))
          .status(0);

  @TempDir private static Path folder;
  private static RoutedHosts hosts;
  private static Traffic client;
  private static Traffic server;
  private static final List<Program> EXPORTERS = new ArrayList<>();
  private static final List<String> INSTANCES = new ArrayList<>();
  private static Prometheus classic;
  private static Prometheus nativeHistograms;
  private static Thread rounds;
  private static volatile boolean ending;

  @BeforeAll
  static void talkAndFail() throws Exception {
    Prometheus.require();
    Browser.require();
    hosts = RoutedHosts.create();
    client = Traffic.in(hosts.client());
    server = Traffic.in(hosts.server());
    hosts.client().sysctl("net.ipv4.ip_local_port_range", "20000 23999");
    hosts.client().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 1);
    Path names = Files.writeString(folder.resolve("names"), RoutedHosts.SERVER_IPV4 + " shop\n");
    start(hosts.client(), RoutedHosts.CLIENT_IPV4, "--local-ports=100", "--names=" + names);
    start(hosts.router(), RoutedHosts.ROUTER_IPV4, "--direction-label");
    start(hosts.server(), RoutedHosts.SERVER_IPV4);
    classic =
        Prometheus.start(Path.of("prometheus"), hosts.router(), inFolder("classic"), config());
    nativeHistograms =
        Prometheus.start(
            Path.of("prometheus"),
            hosts.server(),
            inFolder("native"),
            config(),
            "--enable-feature=native-histograms");
    classic.awaitValue("count(up == 1)", "3");
    traffic();
  }

  private static void start(Namespace host, String address, String... options) {
    host.sysctl("net.netfilter.nf_conntrack_acct", 1);
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--accounting", "--histograms=both", "--sources", "--protocols=tcp,udp"));
    Program program = Launch.in(host).serve(all.toArray(String[]::new));
    EXPORTERS.add(program);
    INSTANCES.add(address + ":" + program.port());
  }

  private static Path inFolder(String name) throws IOException {
    return Files.createDirectory(folder.resolve(name));
  }

  private static String config() {
    return """
    global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
    rule_files: [ %1$s/rules.yml, %1$s/recording.yml ]
    scrape_configs: [ { job_name: conntrack, static_configs: [ { targets: %2$s } ] } ]
    """
        .formatted(RULES, INSTANCES.stream().collect(Collectors.joining("', '", "['", "']")));
  }

  /** Connections that last, and UDP without answers. The rest goes on until the end. */
  private static void traffic() throws Exception {
    ServerSocket listening = server.listen(RoutedHosts.SERVER_IPV4, PORT);
    for (int i = 0; i < HELD; i++) {
      client.connect(listening);
    }
    rounds = new Thread(() -> rounds(listening), "traffic");
    rounds.start();
    TimeUnit.SECONDS.sleep(TRAFFIC_S);
    try (FlowWriter writer = FlowWriter.in(hosts.client())) {
      writer.create(HOLE.timeoutSeconds(30));
      classic.awaitValue(
          "sum(conntrack_table_flows{protocol=\"udp\",state=\"unreplied\",instance=\""
              + INSTANCES.getFirst()
              + "\"})",
          "1");
      writer.update(HOLE.timeoutSeconds(120)); // as its last packet does, a minute after the first
    }
  }

  /** Connections that end, are reset, refused and never answered. */
  private static void rounds(ServerSocket listening) {
    try {
      for (int round = 0; !ending; round++) {
        try (Traffic brief = Traffic.in(hosts.client())) {
          for (int i = 0; i < 5 + round % 7; i++) {
            brief.connect(listening).close();
          }
          brief.connect(listening).reset();
          brief.connectRefused(RoutedHosts.SERVER_IPV4, 9);
          dropOne(brief, listening, round);
        }
        TimeUnit.MILLISECONDS.sleep(300);
      }
    } catch (InterruptedException | IOException e) {
      throw new AssertionError("the traffic ends", e);
    }
  }

  /** In every third round the server answers one connection no more. */
  private static void dropOne(Traffic brief, ServerSocket listening, int round) throws IOException {
    if (round % 3 == 0) {
      server.dropRequests(listening.getLocalPort());
      brief.connectUnanswered(RoutedHosts.SERVER_IPV4, listening.getLocalPort()).close();
      server.dropNoMore();
    }
  }

  @AfterAll
  static void close() throws InterruptedException {
    if (rounds != null) {
      ending = true;
      rounds.join();
    }
    EXPORTERS.forEach(Program::close);
    if (hosts != null) {
      client.close();
      server.close();
      hosts.close();
    }
  }

  static List<Dashboard> dashboards() {
    return Dashboard.all();
  }

  private static Map<String, String> values(Dashboard dashboard, String range) {
    boolean isOfOneHost = dashboard.uid().equals("conntrack-host");
    return Map.of(
        "job",
        ".*",
        "instance",
        isOfOneHost ? INSTANCES.getFirst() : ".*",
        "netns",
        ".*",
        "host",
        SERVER,
        "__rate_interval",
        "20s",
        "__range",
        range);
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachQueryHasData(Dashboard dashboard) {
    awaitData(classic, dashboard);
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachQueryHasDataOfNativeHistogramsToo(Dashboard dashboard) {
    awaitData(nativeHistograms, dashboard);
  }

  private static void awaitData(Prometheus prometheus, Dashboard dashboard) {
    Map<String, String> queries = new LinkedHashMap<>();
    dashboard
        .queries()
        .forEach((place, query) ->
            queries.put(place, Dashboard.filled(query, values(dashboard, "60s"))));
    Await.until(
        "data of " + dashboard,
        LIMIT,
        () -> {
          queries.values().removeIf(query -> hasData(prometheus.answer(query, Instant.now())));
          return queries.keySet();
        },
        Set::isEmpty);
  }

  /** Whether there is a number or a histogram. */
  private static boolean hasData(String answer) {
    JsonNode result = Dashboard.parsed(answer).at("/data/result");
    return Dashboard.each(result)
        .anyMatch(
            series -> series.has("histogram") || !series.at("/value/1").asText().equals("NaN"));
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachVariableHasValues(Dashboard dashboard) {
    for (JsonNode variable : dashboard.variables()) {
      String name = variable.get("name").asText();
      if (!name.equals("datasource") && !MAY_BE_EMPTY.contains(name)) {
        String values = variable.at("/query/query").asText();
        String selector = values.replaceAll("label_values\\((.*), " + name + "\\)", "$1");
        String query =
            "count by (%s) (%s)"
                .formatted(name, Dashboard.filled(selector, values(dashboard, "60s")));
        assertThat(classic.ask(query, Instant.now()).keySet())
            .as(query)
            .isNotEmpty()
            .allMatch(series -> series.startsWith("{" + name + "="));
      }
    }
  }

  /** The client and the server see the same; what the router forwards is not the router's. */
  @Test
  void theMapHasBothEndsOfEachPair() {
    Map<String, String> map = new TreeMap<>();
    Await.until(
        "both ends of the map",
        LIMIT,
        () -> {
          map.clear();
          map.putAll(classic.ask("client_server:conntrack_open_connections:sum", Instant.now()));
          return map;
        },
        views -> views.keySet().stream().filter(DashboardsTest::isOfPair).count() == 2);
    assertThat(map.keySet().stream().filter(DashboardsTest::isOfPair).map(map::get))
        .hasSize(2)
        .allMatch(open -> Integer.parseInt(open) == HELD);
  }

  private static boolean isOfPair(String series) {
    return series.contains("client=\"" + RoutedHosts.CLIENT_IPV4 + "\"")
        && series.contains("server=\"" + RoutedHosts.SERVER_IPV4 + "\"");
  }

  @Test
  void theFailuresAreTheClients() {
    classic.awaitValue(
        "instance:conntrack_connections_failed:ratio_rate5m{instance=\""
            + INSTANCES.getFirst()
            + "\"} > bool 0.05",
        "1");
    classic.awaitValue(
        "client_server_reason:conntrack_connections_failed:rate5m{reason=\"unanswered\","
            + "view=\"client\",client=\""
            + RoutedHosts.CLIENT_IPV4
            + "\",server=\""
            + RoutedHosts.SERVER_IPV4
            + "\"} > bool 0",
        "1");
  }

  /** What the server drops before it tracks it, only the client knows of. */
  @Test
  void theQueryOfThePageNamesThePairThatLosesPackets() {
    assertThat(Docs.queries(Path.of("../docs/dashboards.md"))).hasSize(1);
    Docs.queries(Path.of("../docs/dashboards.md"))
        .values()
        .forEach(query ->
            classic.awaitSeries(
                "sum by (client, server) (" + query + ")",
                "{client=\""
                    + RoutedHosts.CLIENT_IPV4
                    + "\",server=\""
                    + RoutedHosts.SERVER_IPV4
                    + "\"}"));
  }

  /** Not by Grafana, which is not at hand: by a page that draws what the queries give. */
  @Test
  void eachIsDrawn() throws Exception {
    try (Browser browser = Browser.start(hosts.router(), folder)) {
      for (Dashboard dashboard : dashboards()) {
        Await.until(
            "a picture of each panel of " + dashboard,
            LIMIT,
            () -> panelsWithoutPicture(browser, dashboard),
            String::isEmpty);
        browser.picture(PICTURES.resolve(dashboard.uid() + ".png"));
      }
    }
  }

  /** A scrape that times out leaves Prometheus without numbers until the next one. */
  private static String panelsWithoutPicture(Browser browser, Dashboard dashboard) {
    Map<String, String> values = values(dashboard, TRAFFIC_S + "s");
    browser.open("file://" + PAGE + "?" + dashboard.uid());
    browser.run("draw(%s, %s, %d)".formatted(dashboard.json(), Dashboard.json(values), TRAFFIC_S));
    browser.await("window.done === true || window.errors.length > 0");
    assertThat(browser.evaluate("window.errors.join()")).isEmpty();
    browser.size(1600, Integer.parseInt(browser.evaluate("document.body.scrollHeight")));
    return browser.evaluate(
        "[...document.querySelectorAll('.empty')].map(panel => panel.dataset.title).join()");
  }
}
