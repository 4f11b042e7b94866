package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files that others than this build read. */
final class YamlTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker/compose.yaml",
        "docker/prometheus.yml",
        "docker/grafana/dashboards/conntrack.yml",
        "docker/grafana/datasources/prometheus.yml",
        "examples/kubernetes/kustomization.yaml",
        "examples/rules.yaml",
        "kubernetes/daemonset.yaml",
        "kubernetes/kustomization.yaml",
        "kubernetes/namespace.yaml",
        "kubernetes/networkpolicy/kustomization.yaml",
        "kubernetes/networkpolicy/networkpolicy.yaml",
        "kubernetes/podmonitor/kustomization.yaml",
        "kubernetes/podmonitor/podmonitor.yaml",
        "kubernetes/rules/kustomization.yaml",
        "kubernetes/rules/rules.yaml"
      })
  void itIsAMapWithoutKeysThatComeTwice(String file) throws Exception {
    LoadSettings settings = LoadSettings.builder().setAllowDuplicateKeys(false).build();
    Object document = new Load(settings).loadFromString(Files.readString(Path.of(file)));
    assertThat(document).isInstanceOf(Map.class);
  }
}
