package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real Prometheus in the same namespace. In CI it must be there. */
@KernelTest
final class PrometheusTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int PORT = 9090;
  private static final Pattern VALUE = Pattern.compile("\"value\":\\[[0-9.]+,\"([^\"]*)\"]");
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  @TempDir private Path folder;

  @BeforeAll
  static void requirePrometheus() {
    boolean installed = Stream.of("prometheus", "promtool").allMatch(PrometheusTest::isInstalled);
    assumeTrue(
        installed || "true".equals(System.getenv("CI")),
        "Prometheus is not installed: the package prometheus of Debian has it");
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(bin -> Files.isExecutable(Path.of(bin, program)));
  }

  @ParameterizedTest
  @CsvSource({"'',text", "--enable-feature=native-histograms,protobuf"})
  void prometheusScrapesAndShowsTheSameNumbers(String feature, String format) throws Exception {
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Traffic traffic = Traffic.in(namespace);
        Program program = Launch.in(namespace).serve()) {
      writer.create(IntStream.range(0, 7).mapToObj(FLOW::client));
      ServerSocket witness = traffic.listen("127.0.0.1", 0);
      startPrometheus(namespace, feature, program.port(), witness.getLocalPort());

      awaitValue(namespace, "up{job=\"exporter\"}", "1");
      String type = program.get("/metrics", acceptHeader(witness)).headers().get("content-type");
      assertThat(type).contains(format);
      awaitValue(namespace, "conntrack_open_connections{host=\"192.0.2.1:443\"}", "7");
      awaitValue(namespace, "count(conntrack_exporter_build_info)", "1");
      awaitValue(namespace, "conntrack_table_entries", "7");
      awaitValue(
          namespace, "conntrack_table_entries / (conntrack_table_limit > 0) > bool 0.9", "0");
      awaitValue(namespace, "increase(conntrack_stat_drop_total[5m]) > bool 0", "0");
      awaitValue(namespace, "conntrack_stat_insert_total", "7");

      writer.delete(IntStream.range(0, 4).mapToObj(FLOW::client));
      awaitValue(namespace, "conntrack_open_connections{host=\"192.0.2.1:443\"}", "3");
      awaitValue(namespace, "conntrack_exporter_events_total{type=\"destroy\"}", "4");
    }
  }

  private void startPrometheus(Namespace namespace, String feature, int... ports) throws Exception {
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global: { scrape_interval: 500ms, scrape_timeout: 500ms }
        scrape_configs:
          - { job_name: exporter, static_configs: [ { targets: [ "127.0.0.1:%d" ] } ] }
          - { job_name: witness, static_configs: [ { targets: [ "127.0.0.1:%d" ] } ] }
        """
            .formatted(ports[0], ports[1]));
    List<String> command =
        new ArrayList<>(
            List.of(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + PORT));
    if (!feature.isEmpty()) {
      command.add(feature);
    }
    Path log = folder.resolve("prometheus.log");
    namespace.exec(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
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

  private static void awaitValue(Namespace namespace, String query, String expected) {
    Await.until(query + " to be " + expected, LIMIT, () -> ask(namespace, query), expected::equals);
  }

  /** The one value of the answer; other text as long as there is none. */
  private static String ask(Namespace namespace, String query) {
    String path = "/api/v1/query?query=" + URLEncoder.encode(query, UTF_8);
    try {
      String answer = HttpAnswer.get(namespace, "127.0.0.1", PORT, path).text();
      Matcher matcher = VALUE.matcher(answer);
      return matcher.find() ? matcher.group(1) : answer;
    } catch (UncheckedIOException notListeningYet) {
      return notListeningYet.toString();
    }
  }

  @Test
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
