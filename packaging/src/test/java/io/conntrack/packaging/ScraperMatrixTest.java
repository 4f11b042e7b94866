package io.conntrack.packaging;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

/**
 * The programs that scrape it, in the versions that people have, and in each format. The target has
 * a label {@code host} of its own, which collides with ours.
 */
@KernelTest
final class ScraperMatrixTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  private static final String COUNTED =
      "conntrack_open_connections{exported_host=\"192.0.2.1:443\"}";

  private static final int FIRST_PORT = 9100;

  @TempDir private static Path folder;
  private static Namespace namespace;
  private static Traffic traffic;
  private static Program exporter;
  private static int server;
  private static Prometheus victoria;

  /** All start at once, since each waits for some seconds before its first scrape. */
  private static final Map<Scraping, Prometheus> STARTED = new EnumMap<>(Scraping.class);

  /** Suites of Debian, formats that Prometheus asks for, and features that it is started with. */
  enum Scraping {
    BOOKWORM("bookworm", ""),
    BOOKWORM_NATIVE("bookworm", "", "native-histograms"),
    TRIXIE_TEXT("trixie", "PrometheusText0.0.4"),
    TRIXIE_OPEN_METRICS("trixie", "OpenMetricsText1.0.0"),
    TRIXIE_NATIVE("trixie", "PrometheusProto", "native-histograms"),
    NEWEST_TEXT("unstable", "PrometheusText0.0.4"),
    NEWEST_TEXT_1("unstable", "PrometheusText1.0.0"),
    NEWEST_OPEN_METRICS("unstable", "OpenMetricsText1.0.0"),
    NEWEST_OPEN_METRICS_CREATED(
        "unstable", "OpenMetricsText1.0.0", "created-timestamp-zero-ingestion"),
    NEWEST_NATIVE("unstable", "PrometheusProto", "native-histograms"),
    NEWEST_NATIVE_CREATED(
        "unstable", "PrometheusProto", "created-timestamp-zero-ingestion", "native-histograms");

    private final String suite;
    private final String format;

    @SuppressWarnings("ImmutableEnumChecker") // it is
    private final List<String> features;

    Scraping(String suite, String format, String... features) {
      this.suite = suite;
      this.format = format;
      this.features = List.of(features);
    }

    private Prometheus start() throws IOException {
      Path program = Tool.ofSuite(suite, "prometheus", "prometheus");
      String scrape = format.isEmpty() ? "" : "scrape_protocols: [ " + format + " ]";
      return Prometheus.startAt(
          FIRST_PORT + STARTED.size(),
          program,
          namespace,
          Files.createDirectory(folder.resolve(name())),
          config(exporter.port(), scrape),
          features.isEmpty()
              ? new String[0]
              : new String[] {"--enable-feature=" + String.join(",", features)});
    }
  }

  @BeforeAll
  static void scrapeWithAll() throws Exception {
    namespace = Namespace.create();
    traffic = Traffic.in(namespace);
    exporter = Launch.in(namespace).serve("--histograms=both", "--created-series");
    fill();
    for (Scraping scraping : Scraping.values()) {
      try {
        STARTED.put(scraping, scraping.start());
      } catch (TestAbortedException e) {
        // Its own test says so.
      }
    }
    try {
      victoria =
          Prometheus.startVictoria(
              Tool.ofSuite("unstable", "victoria-metrics", "vmagent").getParent(),
              namespace,
              Files.createDirectory(folder.resolve("victoria")),
              config(exporter.port(), ""));
    } catch (TestAbortedException e) {
      // The same.
    }
  }

  @AfterAll
  static void stop() {
    if (exporter != null) {
      exporter.close();
      traffic.close();
      namespace.close();
    }
  }

  /** What there is of it to ask for, in two instances: one as it is, one with honor_labels. */
  private static String config(int port, String scrape) {
    return """
    global: { scrape_interval: 500ms, scrape_timeout: 500ms }
    scrape_configs:
      - job_name: collides
        %2$s
        static_configs: [ { targets: [ "127.0.0.1:%1$d" ], labels: { host: machine } } ]
      - job_name: honors
        %2$s
        honor_labels: true
        static_configs: [ { targets: [ "127.0.0.1:%1$d" ], labels: { host: machine } } ]
    """
        .formatted(port, scrape);
  }

  @ParameterizedTest
  @EnumSource
  void prometheusOfEachDebianShowsTheSame(Scraping scraping) {
    Prometheus prometheus = STARTED.get(scraping);
    assumeTrue(prometheus != null, scraping.suite + " of Debian cannot be reached");
    assertThatAllIsThere(prometheus);
    if (scraping.features.contains("native-histograms")) {
      prometheus.awaitValue(
          "histogram_count(conntrack_setup_seconds{host=\"127.0.0.1:" + server + "\"})", "3");
    } else {
      assertThatClassicBucketsAreThere(prometheus);
    }
  }

  @Test
  void victoriaMetricsShowsTheSame() {
    assumeTrue(victoria != null, "unstable of Debian cannot be reached");
    assertThatAllIsThere(victoria);
    assertThatClassicBucketsAreThere(victoria);
  }

  private static void fill() throws Exception {
    namespace.trackConnections();
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, 7).mapToObj(FLOW::client));
      writer.delete(IntStream.range(0, 2).mapToObj(FLOW::client));
    }
    ServerSocket socket = traffic.listen("127.0.0.1", 0);
    server = socket.getLocalPort();
    for (int i = 0; i < 3; i++) {
      traffic.connect(socket).close();
    }
  }

  private static void assertThatAllIsThere(Prometheus prometheus) {
    prometheus.awaitValue(COUNTED, "5");
    prometheus.awaitValue("conntrack_open_connections{job=\"honors\",host=\"192.0.2.1:443\"}", "5");
    prometheus.awaitValue(
        "conntrack_connections_opened_total{exported_host=\"192.0.2.1:443\",host=\"machine\"}",
        "7");
    prometheus.awaitValue("count(conntrack_exporter_build_info)", "2");
    prometheus.awaitValue("conntrack_table_entries{job=\"honors\"} > bool 5", "1");
  }

  private static void assertThatClassicBucketsAreThere(Prometheus prometheus) {
    prometheus.awaitValue(
        "conntrack_setup_seconds_bucket{job=\"honors\",le=\"+Inf\",host=\"127.0.0.1:"
            + server
            + "\"}",
        "3");
    prometheus.awaitValue(
        "sum(conntrack_setup_seconds_bucket{job=\"honors\",le=~\"32(.0)?\",host=\"127.0.0.1:"
            + server
            + "\"})",
        "3");
  }
}
