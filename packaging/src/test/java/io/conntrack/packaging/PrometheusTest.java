package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SideBySide;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Prometheus in the same namespace. In CI it must be there. */
@KernelTest
final class PrometheusTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  @TempDir private Path folder;

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  @ParameterizedTest
  @SideBySide
  @CsvSource({"'',text", "--enable-feature=native-histograms,protobuf"})
  void prometheusScrapesAndShowsTheSameNumbers(String feature, String format) throws Exception {
    String[] options = feature.isEmpty() ? new String[0] : new String[] {feature};
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Traffic traffic = Traffic.in(namespace);
        Program program = Launch.in(namespace).serve()) {
      writer.create(IntStream.range(0, 7).mapToObj(FLOW::client));
      ServerSocket witness = traffic.listen("127.0.0.1", 0);
      Prometheus prometheus =
          Prometheus.start(
              namespace, folder, List.of(program.port(), witness.getLocalPort()), options);

      String up = "up{instance=\"" + Prometheus.instance(program.port()) + "\"}";
      prometheus.awaitValue(up, "1");
      String type = program.get("/metrics", acceptHeader(witness)).headers().get("content-type");
      assertThat(type).contains(format);
      prometheus.awaitValue("conntrack_open_connections{host=\"192.0.2.1:443\"}", "7");
      prometheus.awaitValue("count(conntrack_exporter_build_info)", "1");
      prometheus.awaitValue("conntrack_table_entries", "7");
      prometheus.awaitValue(
          "conntrack_table_entries / (conntrack_table_limit > 0) > bool 0.9", "0");
      prometheus.awaitValue("increase(conntrack_stat_drop_total[5m]) > bool 0", "0");
      prometheus.awaitValue("conntrack_stat_insert_total", "7");

      writer.delete(IntStream.range(0, 4).mapToObj(FLOW::client));
      prometheus.awaitValue("conntrack_open_connections{host=\"192.0.2.1:443\"}", "3");
      prometheus.awaitValue("conntrack_exporter_events_total{type=\"destroy\"}", "4");
    }
  }

  @Test
  @SideBySide
  void prometheusTakesTheNativeHistograms() throws Exception {
    try (Namespace namespace = Namespace.create();
        Traffic traffic = Traffic.in(namespace);
        Program program = Launch.in(namespace).serve("--histograms")) {
      namespace.sysctl("net.netfilter.nf_conntrack_timestamp", 1);
      namespace.trackConnections();
      ServerSocket server = traffic.listen("127.0.0.1", 0);
      for (int i = 0; i < 3; i++) {
        traffic.connect(server).close();
      }
      Prometheus prometheus =
          Prometheus.start(
              namespace, folder, List.of(program.port()), "--enable-feature=native-histograms");

      String host = "{host=\"127.0.0.1:" + server.getLocalPort() + "\"}";
      prometheus.awaitValue("histogram_count(conntrack_setup_seconds" + host + ")", "3");
      prometheus.awaitValue("histogram_count(conntrack_duration_seconds" + host + ")", "3");
      String half = "histogram_quantile(0.5, conntrack_setup_seconds" + host + ")";
      prometheus.awaitValue(half + " > bool 0", "1");
      prometheus.awaitValue(
          half + " <= bool histogram_sum(conntrack_setup_seconds" + host + ")", "1");
      prometheus.awaitValue(
          "histogram_sum(conntrack_duration_seconds"
              + host
              + ") > bool histogram_sum(conntrack_setup_seconds"
              + host
              + ")",
          "1");
    }
  }

  @ParameterizedTest
  @SideBySide
  @ValueSource(strings = {"classic", "both"})
  void prometheusTakesClassicHistograms(String form) throws Exception {
    try (Namespace namespace = Namespace.create();
        Traffic traffic = Traffic.in(namespace);
        Program program = Launch.in(namespace).serve("--histograms=" + form)) {
      namespace.trackConnections();
      ServerSocket server = traffic.listen("127.0.0.1", 0);
      for (int i = 0; i < 3; i++) {
        traffic.connect(server).close();
      }
      Prometheus prometheus = Prometheus.start(namespace, folder, List.of(program.port()));
      String host = "host=\"127.0.0.1:" + server.getLocalPort() + "\"";
      prometheus.awaitValue("conntrack_setup_seconds_bucket{" + host + ",le=\"0.25\"}", "3");
      prometheus.awaitValue("conntrack_duration_seconds_bucket{" + host + ",le=\"131072.0\"}", "3");
      prometheus.awaitValue(
          "histogram_quantile(0.9, sum by (le) (conntrack_setup_seconds_bucket{"
              + host
              + "})) < bool 0.25",
          "1");
    }
  }

  /** Nothing was known of the endpoint before; without the feature the increase would be 0. */
  @Test
  @SideBySide
  void theFirstFailureOfANewEndpointCounts() throws Exception {
    try (Namespace namespace = Namespace.create();
        Program program = Launch.in(namespace).serve()) {
      namespace.trackConnections();
      Prometheus prometheus =
          Prometheus.start(
              Tool.ofSuite("unstable", "prometheus", "prometheus"),
              namespace,
              folder,
              List.of(program.port()),
              "--enable-feature=created-timestamp-zero-ingestion");
      prometheus.awaitValue("up", "1");
      namespace.sh("! bash -c 'exec 3<>/dev/tcp/127.0.0.1/4711' 2>/dev/null");
      String refused =
          "conntrack_connections_failed_total{host=\"127.0.0.1:4711\",reason=\"refused\"}";
      prometheus.awaitValue(refused, "1");
      prometheus.awaitValue("round(increase(" + refused + "[1m]), 0.1)", "1");
    }
  }

  /** What this Prometheus says it takes, when it scrapes the witness. */
  private static String acceptHeader(ServerSocket witness) throws Exception {
    try (Socket scrape = witness.accept();
        BufferedReader request =
            new BufferedReader(new InputStreamReader(scrape.getInputStream(), ISO_8859_1))) {
      scrape.setSoTimeout((int) LIMIT.toMillis());
      String line = request.readLine();
      while (!line.startsWith("Accept: ")) {
        line = request.readLine();
      }
      return line;
    }
  }

  @Test
  @SideBySide
  void promtoolHasNoComplaint() throws Exception {
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Program program = Launch.in(namespace).serve()) {
      writer.create(FLOW);
      Path metrics = folder.resolve("metrics");
      Files.write(metrics, program.get("/metrics").bytes());
      assertThat(namespace.sh("promtool check metrics <" + metrics + " 2>&1")).isEmpty();
    }
  }
}
