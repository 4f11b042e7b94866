package io.conntrack.benchmarks.endtoend;

import io.conntrack.testbed.Namespace;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the Prometheus client for Java takes by itself: a program that has four gauges of the same
 * numbers under the same labels, and serves them with the client's own HTTP server.
 */
final class PrometheusClient {
  /** In these the exporter's options would not fit, or would hold the client back. */
  private static final String NOT_TAKEN = "-XX:.*(AOT|Archive|Heap|RAM|DisplayVMOutput).*";

  private PrometheusClient() {}

  /** Arguments: how many endpoints, and connections of each. */
  public static void main(String[] arguments) throws Exception {
    int endpoints = Integer.parseInt(arguments[0]);
    int connections = Integer.parseInt(arguments[1]);
    PrometheusRegistry registry = new PrometheusRegistry();
    for (String state : List.of("opening", "open", "closing", "closed")) {
      Gauge gauge =
          Gauge.builder()
              .name("conntrack_" + state + "_connections")
              .help("How many " + state + " connections are there to the remote host?")
              .labelNames("host")
              .register(registry);
      for (int i = 0; i < endpoints; i++) {
        String host = Flows.flow(i, endpoints).original().destination().getHostAddress();
        gauge.labelValues(host + ":443").set(state.equals("open") ? connections : 0);
      }
    }
    HTTPServer.builder().port(Server.PORT).registry(registry).buildAndStart();
    Thread.currentThread().join(); // its threads would not keep the process alive
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
