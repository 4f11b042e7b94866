package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import org.junit.jupiter.api.Test;

/** The manifests for Kubernetes, as kubectl renders them. Debian has no package of it. */
@KernelTest
final class KubernetesTest {
  @Test
  void theKustomizationRendersADaemonSetAndAPodMonitorForItsPods() {
    Tool.assumeInstalled("kubectl");
    try (Namespace namespace = Namespace.create()) {
      String[] documents = namespace.sh("kubectl kustomize kubernetes").split("---\n", -1);
      assertThat(documents).hasSize(2);
      assertThat(documents[0])
          .contains("kind: DaemonSet", "hostNetwork: true", "readOnlyRootFilesystem: true")
          .contains("path: /-/healthy", "path: /-/ready", "limits:")
          .contains("add:\n            - NET_ADMIN\n            drop:\n            - ALL\n");
      assertThat(documents[1]).contains("kind: PodMonitor", "port: metrics");
      for (String document : documents) {
        assertThat(document)
            .contains("namespace: monitoring")
            .contains("matchLabels:\n      app.kubernetes.io/name: conntrack-exporter\n");
      }
    }
  }
}
