package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Namespace;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the Prometheus client for Java takes by itself: a program that has the same numbers in
 * arrays, makes the client's snapshots of them for each scrape, and serves them with the client's
 * writers and HTTP server. The client's own gauges would take several times as much.
 */
final class PrometheusClient {
  /** In these the exporter's options would not fit, or would hold the client back. */
  private static final String NOT_TAKEN = "-XX:.*(AOT|Archive|Heap|RAM|DisplayVMOutput).*";

  private static final List<String> STATES = List.of("closed", "closing", "open", "opening");

  private PrometheusClient() {}

  /** Arguments: how many endpoints, and connections of each. */
  public static void main(String[] arguments) throws Exception {
    int endpoints = Integer.parseInt(arguments[0]);
    int connections = Integer.parseInt(arguments[1]);
    Labels[] hosts = new Labels[endpoints];
    for (int i = 0; i < endpoints; i++) {
      InetAddress remote = Flows.flow(i, endpoints).original().destination();
      hosts[i] = Labels.of("host", remote.getHostAddress() + ":443");
    }
    PrometheusRegistry registry = new PrometheusRegistry();
    STATES.forEach(state -> {
      int each = state.equals("open") ? connections : 0;
      registry.register(() -> gauge(state, hosts, each));
    });
    registry.register(() -> counter("opened", hosts, connections));
    Labels[] failed =
        Arrays.stream(hosts)
            .flatMap(host ->
                Stream.of("refused", "unanswered")
                    .map(reason -> host.merge(Labels.of("reason", reason))))
            .toArray(Labels[]::new);
    registry.register(() -> counter("failed", failed, 0));
    HTTPServer.builder().port(Server.PORT).registry(registry).buildAndStart();
    Thread.currentThread().join(); // its threads would not keep the process alive
  }

  private static MetricSnapshot gauge(String state, Labels[] hosts, int connections) {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name("conntrack_" + state + "_connections")
            .help("How many " + state + " connections are there to the remote host?");
    for (Labels host : hosts) {
      gauge.dataPoint(new GaugeDataPointSnapshot(connections, host, null));
    }
    return gauge.build();
  }

  private static MetricSnapshot counter(String outcome, Labels[] series, int connections) {
    CounterSnapshot.Builder counter =
        CounterSnapshot.builder()
            .name("conntrack_connections_" + outcome)
            .help("How many connections have " + outcome + "?");
    for (Labels labels : series) {
      counter.dataPoint(new CounterDataPointSnapshot(connections, labels, null, 0));
    }
    return counter.build();
  }

  /** Starts it on this JVM, with the collector and the like of the exporter's. */
  static Server start(Namespace namespace, Server exporter, int endpoints, int connections)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The arguments of a process, each with a 0 at its end.
    String arguments = Files.readString(Path.of("/proc/" + exporter.pid() + "/cmdline"));
    Arrays.stream(arguments.split("\0"))
        .filter(option -> option.startsWith("-XX:") && !option.matches(NOT_TAKEN))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx1g",
            "-cp",
            System.getProperty("java.class.path"),
            PrometheusClient.class.getName(),
            Integer.toString(endpoints),
            Integer.toString(connections)));
    return Server.start(namespace, command);
  }
}
