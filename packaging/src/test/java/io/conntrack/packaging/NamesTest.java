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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --names} of the built program. */
@KernelTest
final class NamesTest {
  private static final String HERE = "10.7.0.1";

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @BeforeEach
  void connect() {
    namespace.sh("ip address add " + HERE + "/32 dev lo; ip link set lo up");
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(to("10.0.1.5", 5432), to("10.0.1.5", 80), to("10.0.2.9", 22));
      writer.create(to("2001:db8::5", 443), to("192.0.2.1", 443));
    }
  }

  private static SyntheticFlow to(String address, int port) {
    String here = address.contains(":") ? "fd00::1" : HERE;
    return SyntheticFlow.of(Tuple.tcp(here, 40000, address, port));
  }

  private static Map<String, String> names(Program program) {
    Map<String, String> names = new TreeMap<>();
    program.scrape().series().keySet().stream()
        .filter(series -> series.startsWith("conntrack_endpoint_info{"))
        .map(series -> series.split("\"", -1))
        .forEach(parts -> names.put(parts[1], parts[3]));
    return names;
  }

  private Path write(String text) throws Exception {
    return Files.writeString(folder.resolve("names"), text);
  }

  @Test
  void aNewNameChangesItsOwnSeriesAloneAndABadFileNothing() throws Exception {
    Path file = write("10.0.1.5 payments-db\n10.0.2.0/24 build\n2001:db8::/32 lab\n");
    try (Program program = Launch.in(namespace).serve("--names=" + file)) {
      assertThat(names(program))
          .isEqualTo(
              Map.of(
                  "10.0.1.5:80", "payments-db",
                  "10.0.1.5:5432", "payments-db",
                  "10.0.2.9:22", "build",
                  "[2001:db8::5]:443", "lab"));
      Map<String, Double> before = counters(program);
      assertThat(program.scrape().value("conntrack_exporter_names")).isEqualTo(3);

      write("10.0.1.5 orders-db\n");
      Await.untilEqual(
          "the new names",
          Map.of("10.0.1.5:80", "orders-db", "10.0.1.5:5432", "orders-db"),
          () -> names(program));
      assertThat(counters(program)).isEqualTo(before);

      write("10.0.1.5 one\nten two\n");
      Await.untilEqual(
          "the refusal",
          0.0,
          () -> program.scrape().value("conntrack_exporter_names_last_reload_success"));
      assertThat(names(program)).containsEntry("10.0.1.5:80", "orders-db");
      assertThat(program.awaitLog("is refused, and its names from before stay: line 2, column 1"))
          .hasSize(1);

      write("10.0.1.5 three\n");
      program.signal("HUP");
      Await.untilEqual("the name", "three", () -> names(program).get("10.0.1.5:80"));
      assertThat(program.end("TERM").toMillis()).isLessThan(2_000);
    }
  }

  private static Map<String, Double> counters(Program program) {
    Map<String, Double> counters = new TreeMap<>(program.scrape().series());
    counters.keySet().removeIf(series -> !series.matches("conntrack_(open|connections)_.*"));
    return counters;
  }

  @Test
  void withOtherNamespacesEachNameHasTheLabelOfItsNamespace() throws Exception {
    Path file = write("10.0.1.5 payments-db\n");
    try (Program program = Launch.in(namespace).serve("--names=" + file, "--netns=/nope")) {
      assertThat(program.scrape().series())
          .containsKey(
              "conntrack_endpoint_info{host=\"10.0.1.5:80\",name=\"payments-db\",netns=\"\"}");
      HttpAnswer asked = program.get("/metrics?name%5B%5D=conntrack_endpoint_info");
      assertThat(asked.text().lines().filter(line -> !line.startsWith("#"))).hasSize(2);
    }
  }

  @Test
  void openMetricsHasTheFamilyToo() throws Exception {
    Path file = write("10.0.1.5 payments-db\n");
    try (Program program = Launch.in(namespace).serve("--names=" + file)) {
      String text =
          program.get("/metrics", "Accept: application/openmetrics-text; version=1.0.0").text();
      assertThat(text)
          .contains(
              "# TYPE conntrack_endpoint info",
              "conntrack_endpoint_info{host=\"10.0.1.5:80\",name=\"payments-db\"} 1");
    }
  }

  @Test
  void namesOfDnsComeAfterTheFilesAndAreShownWhenTheyAreThere() throws Exception {
    Tool.require("python3", "python3");
    Path file = write("10.0.1.5 payments-db\n");
    Path resolv = Files.writeString(folder.resolve("resolv"), "nameserver 127.0.0.1\n");
    Process server =
        namespace.exec(
            "python3",
            "src/test/python/dns-server.py",
            "10.0.1.5=unused.example.com",
            "10.0.2.9=build.example.com",
            "2001:db8::5=lab.example.com");
    try (Program program =
        Launch.in(namespace)
            .through(
                "unshare",
                "--mount",
                "sh",
                "-euc",
                "mount --bind \"$0\" /etc/resolv.conf; exec \"$@\"",
                resolv.toString())
            .serve("--names=" + file + ",dns")) {
      Await.untilEqual(
          "all names",
          Map.of(
              "10.0.1.5:80", "payments-db",
              "10.0.1.5:5432", "payments-db",
              "10.0.2.9:22", "build.example.com",
              "[2001:db8::5]:443", "lab.example.com"),
          () -> names(program));
      Await.untilEqual(
          "an absent name",
          1.0,
          () ->
              program
                  .scrape()
                  .value("conntrack_exporter_names_dns_lookups_total{result=\"absent\"}"));
      Scrape scrape = program.scrape();
      assertThat(scrape.value("conntrack_exporter_names_dns_lookups_total{result=\"found\"}"))
          .isEqualTo(2);
      assertThat(scrape.value("conntrack_exporter_names_dns_cached")).isEqualTo(3);
    } finally {
      server.destroy();
    }
  }

  @Test
  void theQueriesOfTheDocumentJoinTheNames() throws Exception {
    Prometheus.require();
    Path file = write("10.0.1.5 payments-db\n");
    List<String> queries = queries();
    assertThat(queries).hasSize(2);
    try (Program program = Launch.in(namespace).serve("--names=" + file)) {
      Prometheus prometheus = Prometheus.start(namespace, folder, List.of(program.port()));
      prometheus.awaitSeries(
          queries.getFirst(),
          "{host=\"10.0.1.5:5432\",name=\"payments-db\"}",
          "{host=\"10.0.1.5:80\",name=\"payments-db\"}");
      prometheus.awaitSeries(
          queries.getLast(),
          "{host=\"10.0.1.5:5432\",name=\"payments-db\"}",
          "{host=\"10.0.1.5:80\",name=\"payments-db\"}",
          "{host=\"10.0.2.9:22\"}",
          "{host=\"192.0.2.1:443\"}",
          "{host=\"[2001:db8::5]:443\"}");
    }
  }

  /** Those of the section about names, without the scrapes' own connections. */
  private static List<String> queries() {
    String page = Docs.text(Path.of("../docs/queries.md"));
    String section = page.substring(page.indexOf("## Names"));
    return Pattern.compile("^```\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
        .matcher(section.substring(0, section.indexOf("## CPU")))
        .results()
        .map(block -> block.group(1).replace("_total[", "_total{host!~\"127.*|other\"}["))
        .toList();
  }

  @Test
  void sourcesHaveNamesToo() throws Exception {
    Path file = write("10.9.0.7 worker\n");
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(SyntheticFlow.of(Tuple.tcp("10.9.0.7", 40000, "10.0.1.5", 80)));
    }
    try (Program program = Launch.in(namespace).start("--once", "--sources", "--names=" + file)) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output())
          .contains("conntrack_source_info{name=\"worker\",source=\"10.9.0.7\"} 1");
    }
  }

  @Test
  void aBadFileAtTheStartIsRefusedWithItsPlace() throws Exception {
    Path file = write("10.0.1.5 one\nten two\n");
    for (String command : List.of("", "check ")) {
      try (Program program =
          Launch.in(namespace).start((command + "--names=" + file).split(" ", -1))) {
        assertThat(program.awaitExit()).isEqualTo(2);
        assertThat(
                program.awaitLog(
                    "--names=" + file + ": line 2, column 1: 'ten' must be an address"))
            .hasSize(1);
      }
    }
  }

  @Test
  void aSingleLookHasTheNamesOfFiles() throws Exception {
    Path file = write("10.0.1.5 payments-db\n");
    try (Program program = Launch.in(namespace).start("--once", "--names=hosts," + file)) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output())
          .contains("conntrack_endpoint_info{host=\"10.0.1.5:80\",name=\"payments-db\"} 1");
    }
  }
}
