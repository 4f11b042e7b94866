package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The kernel's own mark tells its first network namespace from others. */
@KernelTest
class HostNetworkTest {
  @Test
  void anotherNamespaceThanTheHostsIsTold() {
    try (Namespace namespace = Namespace.create()) {
      assertThat(namespace.call(() -> HostNetwork.hint(Map.of())))
          .startsWith("This is not the host's network namespace");
    }
  }

  @Test
  void theFlagThatIsMissingIsNamed() {
    assertThat(HostNetwork.hint(false, true)).contains("the container's own", "--net=host");
    assertThat(HostNetwork.hint(true, true)).contains("the pod's own", "hostNetwork: true");
    assertThat(HostNetwork.hint(false, false))
        .isEqualTo("This is not the host's network namespace");
  }
}
