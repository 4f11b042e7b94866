package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The compose file: each Compose takes it, what it mounts is there, and its Prometheus scrapes. */
@KernelTest
final class ComposeTest {
  private static final Path FILE = Path.of("docker/compose.yaml");

  @TempDir private Path folder;

  /** 1.29 is in Python and comes with its libraries; the later ones are one program each. */
  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie", "unstable"})
  void composeOfEachDebianTakesIt(String suite) {
    String program = "docker-compose";
    if (suite.equals("bookworm")) {
      Tool.require(program, program);
    } else {
      program = Tool.ofSuite(suite, program, program).toString();
    }
    try (Namespace namespace = Namespace.create()) {
      String config = namespace.sh("%s -f %s config 2>&1".formatted(program, FILE));
      assertThat(config)
          .contains("image: conntrack-exporter\n", "image: prom/prometheus:", "read_only: true")
          .contains("restart: unless-stopped", "- NET_ADMIN", "conntrack-prometheus")
          .doesNotContainIgnoringCase("warn");
    }
  }

  @Test
  void whatItMountsIsThere() throws Exception {
    List<String> sources =
        services().values().stream()
            .flatMap(service -> volumes(service).stream())
            .map(volume -> volume.split(":", -1)[0])
            .toList();
    assertThat(sources).hasSizeGreaterThan(6).anyMatch(source -> source.startsWith("../"));
    assertThat(sources)
        .filteredOn(source -> source.startsWith("."))
        .allMatch(source -> Files.exists(FILE.resolveSibling(source)))
        .hasSizeGreaterThan(4);
  }

  /** An image of a registry has a version, so that an upgrade is something that one does. */
  @Test
  void itsImagesHaveVersions() throws Exception {
    Map<String, Map<?, ?>> services = services();
    assertThat(services.remove("conntrack-exporter").get("pull_policy")).isEqualTo("never");
    assertThat(services.values())
        .extracting(service -> service.get("image").toString())
        .hasSize(2)
        .allMatch(image -> image.matches("[a-z/]+:v?\\d+\\.\\d+\\.\\d+"));
  }

  @Test
  void itsPrometheusHasTheRulesAndScrapesTheExporter() throws Exception {
    Prometheus.require();
    Path rules = Path.of("prometheus").toAbsolutePath();
    Files.createSymbolicLink(folder.resolve("conntrack"), rules);
    String config = Files.readString(FILE.resolveSibling("prometheus.yml"));
    try (Namespace namespace = Namespace.create();
        Program program = Launch.in(namespace).start()) {
      program.awaitReady();
      assertThat(program.port()).as("where prometheus.yml looks").isEqualTo(9318);
      Prometheus prometheus =
          Prometheus.start(Path.of("prometheus"), namespace, folder, config.replace("15s", "1s"));
      prometheus.awaitValue("up{job=\"conntrack\"}", "1");
      assertThat(HttpAnswer.get(namespace, "127.0.0.1", 9090, "/api/v1/rules").text())
          .contains("ConntrackTableNearlyFull", "ConntrackEndpointRefuses");
    }
  }

  private static List<String> volumes(Map<?, ?> service) {
    return service.get("volumes") instanceof List<?> volumes
        ? volumes.stream().map(Object::toString).toList()
        : List.of();
  }

  @SuppressWarnings("unchecked") // a map of maps, as every Compose agrees
  private static Map<String, Map<?, ?>> services() throws Exception {
    LoadSettings settings = LoadSettings.builder().build();
    Object file = new Load(settings).loadFromString(Files.readString(FILE));
    return (Map<String, Map<?, ?>>) ((Map<?, ?>) file).get("services");
  }
}
