package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A real Prometheus inside a namespace, which scrapes programs there twice a second. The namespace
 * ends it. An answer is a map of its series, {@code {host="10.0.1.5:3306"}}, to their values.
 */
final class Prometheus {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int PORT = 9090;
  private static final Pattern SERIES =
      Pattern.compile("\"metric\":(\\{[^}]*}),\"value\":\\[[0-9.]+,\"([^\"]*)\"]");
  private static final Pattern VERSION = Pattern.compile("\"version\":\"([0-9.]+)");
  private static final Pattern LABEL_NAME = Pattern.compile("\"(\\w+)\":");

  private final Namespace namespace;
  private final int port;

  private Prometheus(Namespace namespace, int port) {
    this.namespace = namespace;
    this.port = port;
  }

  /** Skips the test where it is missing; fails it where no test may be skipped. */
  static void require() {
    Tool.require("prometheus", "prometheus");
    Tool.require("promtool", "prometheus");
  }

  /** Starts it, and waits for nothing; configuration, data and log go into the folder. */
  static Prometheus start(
      Namespace namespace, Path folder, List<Integer> ports, String... options) {
    return start(Path.of("prometheus"), namespace, folder, ports, options);
  }

  /** The same with another program than the system's. */
  static Prometheus start(
      Path program, Namespace namespace, Path folder, List<Integer> ports, String... options) {
    return start(program, namespace, folder, config(ports), options);
  }

  /** The same with a configuration of one's own. */
  static Prometheus start(
      Path program, Namespace namespace, Path folder, String config, String... options) {
    return startAt(PORT, program, namespace, folder, config, options);
  }

  /** The same at another port, beside others in its namespace. */
  static Prometheus startAt(
      int port, Path program, Namespace namespace, Path folder, String config, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--config.file=" + write(folder.resolve("prometheus.yml"), config),
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port));
    command.addAll(Arrays.asList(options));
    launch(namespace, folder.resolve("prometheus.log"), command);
    return new Prometheus(namespace, port);
  }

  /**
   * VictoriaMetrics and its agent, which scrapes for it: they answer the same queries.
   *
   * @param programs the folder that they lie in
   */
  static Prometheus startVictoria(Path programs, Namespace namespace, Path folder, String config) {
    launch(
        namespace,
        folder.resolve("victoria.log"),
        List.of(
            programs.resolve("victoria-metrics").toString(),
            "-storageDataPath=" + folder.resolve("data"),
            "-search.latencyOffset=0s",
            "-httpListenAddr=127.0.0.1:" + PORT));
    launch(
        namespace,
        folder.resolve("vmagent.log"),
        List.of(
            programs.resolve("vmagent").toString(),
            "-promscrape.config=" + write(folder.resolve("prometheus.yml"), config),
            "-remoteWrite.url=http://127.0.0.1:" + PORT + "/api/v1/write",
            "-remoteWrite.tmpDataPath=" + folder.resolve("queue"),
            "-httpListenAddr=127.0.0.1:" + (PORT + 1)));
    return new Prometheus(namespace, PORT);
  }

  private static void launch(Namespace namespace, Path log, List<String> command) {
    namespace.exec(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
  }

  /** Starts it with these keys for the job, such as {@code scheme}; see the other {@code start}. */
  static Prometheus startWith(Namespace namespace, Path folder, int port, String keys) {
    return start(Path.of("prometheus"), namespace, folder, config(List.of(port), keys));
  }

  private static String config(List<Integer> ports) {
    return config(ports, "");
  }

  private static String config(List<Integer> ports, String keys) {
    String targets =
        ports.stream().map(port -> "\"" + instance(port) + "\"").collect(Collectors.joining(", "));
    return """
    global: { scrape_interval: 500ms, scrape_timeout: 500ms }
    scrape_configs: [ { job_name: conntrack, %sstatic_configs: [ { targets: [ %s ] } ] } ]
    """
        .formatted(keys, targets);
  }

  private static Path write(Path file, String config) {
    try {
      return Files.writeString(file, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The label {@code instance} of the program at this port. */
  static String instance(int port) {
    return "127.0.0.1:" + port;
  }

  /** As it tells it itself. */
  String version() {
    String text = HttpAnswer.get(namespace, "127.0.0.1", port, "/api/v1/status/buildinfo").text();
    return VERSION.matcher(text).results().map(found -> found.group(1)).findAny().orElseThrow();
  }

  /** Waits for an answer of one series with this value. */
  void awaitValue(String query, String expected) {
    Await.until(
        query + " to be " + expected,
        LIMIT,
        () -> ask(query, Instant.now()),
        answer -> List.copyOf(answer.values()).equals(List.of(expected)));
  }

  /** Waits for an answer of these series and no other. */
  void awaitSeries(String query, String... series) {
    Await.until(
        query + " to be of " + List.of(series),
        LIMIT,
        () -> ask(query, Instant.now()).keySet(),
        Set.of(series)::equals);
  }

  /** The answer as of this moment; empty too while it does not listen yet. */
  Map<String, String> ask(String query, Instant when) {
    return series(answer(query, when));
  }

  /** The same in JSON, which has histograms too. */
  String answer(String query, Instant when) {
    String path = "/api/v1/query?time=" + when + "&query=" + URLEncoder.encode(query, UTF_8);
    HttpAnswer answer;
    try {
      answer = HttpAnswer.get(namespace, "127.0.0.1", port, path);
    } catch (UncheckedIOException notListeningYet) {
      return "";
    }
    if (answer.status() == 400 || answer.status() == 422) {
      throw new AssertionError(query + " is refused: " + answer.text());
    }
    return answer.text();
  }

  private static Map<String, String> series(String answer) {
    Map<String, String> series = new TreeMap<>();
    SERIES
        .matcher(answer)
        .results()
        .forEach(found ->
            series.put(LABEL_NAME.matcher(found.group(1)).replaceAll("$1="), found.group(2)));
    return series;
  }
}
