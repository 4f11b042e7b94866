package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1DaemonSet;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The manifests for Kubernetes, as kubectl renders them. */
@KernelTest
final class KubernetesTest {
  private static final Pattern KIND = Pattern.compile("(?m)^kind: (\\w+)$");
  private static final String SELECTOR =
      "matchLabels:\n      app.kubernetes.io/name: conntrack-exporter\n";

  /** What the folder is rendered to, by kind. */
  private static Map<String, String> rendered(String folder) {
    Path kubectl = Tool.ofSuite("trixie", "kubectl", "kubectl");
    try (Namespace namespace = Namespace.create()) {
      String all = namespace.sh(kubectl + " kustomize " + folder);
      return Arrays.stream(all.split("(?m)^---\n", -1))
          .collect(Collectors.toMap(KubernetesTest::kind, Function.identity()));
    }
  }

  private static String kind(String document) {
    return KIND.matcher(document).results().map(found -> found.group(1)).findFirst().orElseThrow();
  }

  @Test
  void theKustomizationIsWholeByItself() {
    Map<String, String> documents = rendered("kubernetes");
    assertThat(documents).containsOnlyKeys("Namespace", "DaemonSet");
    assertThat(documents.get("Namespace"))
        .contains("name: conntrack-exporter", "pod-security.kubernetes.io/enforce: privileged");
    assertThat(documents.get("DaemonSet"))
        .contains("namespace: conntrack-exporter", SELECTOR)
        .contains("hostNetwork: true", "readOnlyRootFilesystem: true")
        .contains("kubernetes.io/os: linux", "kubernetes.io/arch: amd64")
        .contains("path: /-/healthy", "path: /-/ready", "limits:")
        .contains("add:\n            - NET_ADMIN\n            drop:\n            - ALL\n")
        .contains("prometheus.io/scrape: \"true\"");
  }

  @Test
  void theExampleTakesEveryComponentAndIsScrapedOnce() {
    Map<String, String> documents = rendered("examples/kubernetes");
    assertThat(documents)
        .containsOnlyKeys("Namespace", "DaemonSet", "ConfigMap", "PodMonitor", "NetworkPolicy");
    assertThat(documents.get("DaemonSet"))
        .doesNotContain("prometheus.io")
        .contains("image: registry.example.com/conntrack-exporter:1.0.0")
        .contains("--rules=/etc/conntrack-exporter/rules.yaml")
        .contains("mountPath: /etc/conntrack-exporter")
        .contains("name: conntrack-exporter-rules")
        .doesNotContain("subPath");
    assertThat(documents.get("ConfigMap")).contains("name: conntrack-exporter-rules\n", "rules:");
    assertThat(documents.get("PodMonitor")).contains("port: metrics", SELECTOR);
    assertThat(documents.get("NetworkPolicy")).contains("port: 9318", SELECTOR);
    documents.remove("Namespace");
    assertThat(documents.values()).allMatch(each -> each.contains("namespace: conntrack-exporter"));
  }

  /**
   * By the schemas of Kubernetes: no field that it does not know, and none missing. Of the
   * PodMonitor, which is the Prometheus operator's, it knows nothing.
   */
  @ParameterizedTest
  @ValueSource(strings = {"kubernetes", "examples/kubernetes"})
  void everyFieldIsOneOfKubernetes(String folder) throws IOException {
    Map<String, String> documents = rendered(folder);
    documents.remove("PodMonitor");
    for (Map.Entry<String, String> document : documents.entrySet()) {
      validate(document.getKey(), document.getValue());
    }
    String misspelt = documents.get("DaemonSet").replace("readOnlyRoot", "readOnlyroot");
    assertThatThrownBy(() -> validate("DaemonSet", misspelt))
        .hasMessageContaining("`readOnlyrootFilesystem`");
    String portless = documents.get("DaemonSet").replace("containerPort:", "hostPort:");
    assertThatThrownBy(() -> validate("DaemonSet", portless))
        .hasMessageContaining("The required field `containerPort` is not found");
  }

  private static void validate(String kind, String document) throws IOException {
    Object fields = new Load(LoadSettings.builder().build()).loadFromString(document);
    JsonElement json = new Gson().toJsonTree(fields);
    switch (kind) {
      case "Namespace" -> V1Namespace.validateJsonElement(json);
      case "DaemonSet" -> V1DaemonSet.validateJsonElement(json);
      case "ConfigMap" -> V1ConfigMap.validateJsonElement(json);
      case "NetworkPolicy" -> V1NetworkPolicy.validateJsonElement(json);
      default -> throw new AssertionError("without a schema: " + kind);
    }
  }

  @Test
  void theExamplesRulesAreGood() throws Exception {
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      String rules = Path.of("kubernetes/rules/rules.yaml").toAbsolutePath().toString();
      try (Program check = Launch.in(namespace).start("check", "--rules=" + rules)) {
        assertThat(check.awaitExit()).isLessThan(2);
        assertThat(check.output()).contains("ok       rules          all of them can match: 2");
      }
    }
  }
}
