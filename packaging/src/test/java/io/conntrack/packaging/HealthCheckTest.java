package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --health-check}, which container engines run beside the daemon. */
@KernelTest
final class HealthCheckTest {
  @AutoClose private final Namespace namespace = Namespace.create();

  @ParameterizedTest
  @ValueSource(strings = {"[::]", "127.0.0.1", "[::1]"})
  void aDaemonThatRunsIsHealthy(String address) throws Exception {
    try (Program daemon = Launch.in(namespace).start("--bind-address=" + address)) {
      daemon.addresses(1);
      try (Program check =
          Launch.in(namespace).start("--health-check", "--bind-address=" + address)) {
        assertThat(check.awaitExit()).as("exit code; log: %s", check.log()).isZero();
        assertThat(check.log()).isEmpty();
        assertThat(check.output()).isEmpty();
      }
    }
  }

  @Test
  void whereNoneRunsTheExitCodeIs1() throws Exception {
    try (Program check =
        Launch.in(namespace)
            .with("CONNTRACK_EXPORTER_LISTEN_PORT", "9101")
            .start("--health-check")) {
      assertThat(check.awaitExit()).isEqualTo(1);
      String detail = Runtime.version().feature() < 27 ? "" : " (connect failed)";
      assertThat(check.log())
          .containsExactly(
              "conntrack-exporter: not healthy: http://127.0.0.1:9101/-/healthy:"
                  + " Connection refused"
                  + detail);
    }
  }
}
