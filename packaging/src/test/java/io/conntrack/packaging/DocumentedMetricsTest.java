package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tables of docs/metrics.md show a line of each metric that the program shows, and of no other.
 */
@KernelTest
final class DocumentedMetricsTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  private static final SyntheticFlow FORWARDED =
      SyntheticFlow.of(Tuple.tcp("198.51.100.7", 10000, "192.0.2.1", 443));

  private static final SyntheticFlow HOLE =
      SyntheticFlow.of(Tuple.udp("127.0.0.1", 10000, "192.0.2.1", 53)).status(0);

  @TempDir private Path folder;

  /**
   * Of labels the names alone: {@code name{host=,reason=}}; and of a histogram's three series the
   * sum.
   */
  private static Set<String> withoutValues(Collection<String> series) {
    Set<String> shapes = new TreeSet<>();
    series.forEach(each ->
        shapes.add(
            each.replaceAll("\"[^\"]*\"", "")
                .replaceAll("\\{netns=}|netns=,|,netns=", "")
                .replace("_seconds_count{", "_seconds_sum{")
                .replace("_seconds_bucket{host=,le=}", "_seconds_sum{host=}")));
    return shapes;
  }

  @Test
  void eachSeriesHasALineWithItsLabelsAndNoLineIsOfAnother() throws Exception {
    List<String> lines = Docs.metrics();
    assertThat(lines)
        .allMatch(line -> line.matches("[a-z_]+(\\{[^}]+})? [0-9]+(\\.[0-9]+)?(E-?[0-9]+)?"));
    Set<String> told = withoutValues(Scrape.ofText(String.join("\n", lines)).series().keySet());
    Path rules = Path.of("examples/rules.yaml").toAbsolutePath();
    Path web = Files.writeString(folder.resolve("web.yml"), "");
    Path names = Files.writeString(folder.resolve("names"), "192.0.2.1 web\n198.51.100.7 client\n");
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace);
        Program program =
            Launch.in(namespace)
                .serve(
                    "--states=raw",
                    "--accounting",
                    "--histograms",
                    "--sources",
                    "--rules=" + rules,
                    "--names=dns," + names,
                    "--web.config.file=" + web,
                    "--netns=/nope")) {
      namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
      writer.create(FLOW, FORWARDED);
      writer.delete(FLOW);
      Scrape scrape =
          Await.until(
              "an end", program::scrape, got -> got.toString().contains("connections_ended_total"));
      Set<String> shown = withoutValues(scrape.series().keySet());
      shown.addAll(withoutValues(ofPortsAndHoles(namespace, writer)));
      assertThat(shown)
          // Those of the JVM are the Prometheus client's.
          .filteredOn(series -> !series.startsWith("jvm_"))
          .containsExactlyInAnyOrderElementsOf(told);
    }
  }

  /** What a second program shows of local ports, and of UDP, which --states=raw excludes. */
  private static Set<String> ofPortsAndHoles(Namespace namespace, FlowWriter writer)
      throws Exception {
    namespace.sysctl("net.ipv4.ip_local_port_range", "10000 20000"); // those of client(i)
    writer.create(IntStream.range(0, 101).mapToObj(FLOW::client));
    writer.create(HOLE.timeoutSeconds(30));
    try (Program program = Launch.in(namespace).serve("--local-ports=100", "--protocols=tcp,udp")) {
      Await.until(
          "a dump of the flows",
          program::scrape,
          got -> got.toString().contains("conntrack_local_ports_used"));
      writer.update(HOLE.timeoutSeconds(120));
      Set<String> shown =
          Await.until(
                  "a black hole",
                  program::scrape,
                  got -> got.toString().contains("conntrack_unanswered_flows"))
              .series()
              .keySet();
      return shown.stream()
          .filter(series -> series.matches("conntrack_(local_ports|unanswered)_.*"))
          .collect(Collectors.toSet());
    }
  }
}
