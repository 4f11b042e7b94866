package io.conntrack.packaging;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @TempDir private Path folder;

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
  @CsvSource({
    "bookworm, , ",
    "bookworm, , --enable-feature=native-histograms",
    "trixie, PrometheusText0.0.4, ",
    "trixie, OpenMetricsText1.0.0, ",
    "trixie, PrometheusProto, --enable-feature=native-histograms",
    "unstable, PrometheusText0.0.4, ",
    "unstable, PrometheusText1.0.0, ",
    "unstable, OpenMetricsText1.0.0, ",
    "unstable, OpenMetricsText1.0.0, --enable-feature=created-timestamp-zero-ingestion",
    "unstable, PrometheusProto, --enable-feature=native-histograms",
    "unstable, PrometheusProto, '--enable-feature=created-timestamp-zero-ingestion,native-histograms'"
  })
  void prometheusOfEachDebianShowsTheSame(String suite, String format, String feature)
      throws Exception {
    Path program = Tool.ofSuite(suite, "prometheus", "prometheus");
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Traffic traffic = Traffic.in(namespace);
        Program exporter = Launch.in(namespace).serve("--histograms=both", "--created-series")) {
      ServerSocket server = fill(namespace, writer, traffic);
      String scrape = format == null ? "" : "scrape_protocols: [ " + format + " ]";
      String[] options = feature == null ? new String[0] : new String[] {feature};
      Prometheus prometheus =
          Prometheus.start(program, namespace, folder, config(exporter.port(), scrape), options);
      assertThatAllIsThere(prometheus);
      if (feature != null && feature.contains("native")) {
        prometheus.awaitValue(
            "histogram_count(conntrack_setup_seconds{host=\"127.0.0.1:"
                + server.getLocalPort()
                + "\"})",
            "3");
      } else {
        assertThatClassicBucketsAreThere(prometheus, server);
      }
    }
  }

  @Test
  void victoriaMetricsShowsTheSame() throws Exception {
    Path agent = Tool.ofSuite("unstable", "victoria-metrics", "vmagent");
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Traffic traffic = Traffic.in(namespace);
        Program exporter = Launch.in(namespace).serve("--histograms=both")) {
      ServerSocket server = fill(namespace, writer, traffic);
      Prometheus victoria =
          Prometheus.startVictoria(
              agent.getParent(), namespace, folder, config(exporter.port(), ""));
      assertThatAllIsThere(victoria);
      assertThatClassicBucketsAreThere(victoria, server);
    }
  }

  private static ServerSocket fill(Namespace namespace, FlowWriter writer, Traffic traffic)
      throws Exception {
    namespace.trackConnections();
    writer.create(IntStream.range(0, 7).mapToObj(FLOW::client));
    writer.delete(IntStream.range(0, 2).mapToObj(FLOW::client));
    ServerSocket server = traffic.listen("127.0.0.1", 0);
    for (int i = 0; i < 3; i++) {
      traffic.connect(server).close();
    }
    return server;
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

  private static void assertThatClassicBucketsAreThere(Prometheus prometheus, ServerSocket server) {
    prometheus.awaitValue(
        "conntrack_setup_seconds_bucket{job=\"honors\",le=\"+Inf\",host=\"127.0.0.1:"
            + server.getLocalPort()
            + "\"}",
        "3");
    prometheus.awaitValue(
        "sum(conntrack_setup_seconds_bucket{job=\"honors\",le=~\"32(.0)?\",host=\"127.0.0.1:"
            + server.getLocalPort()
            + "\"})",
        "3");
  }
}
