package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

@KernelTest
final class EnvironmentTest {
  @Test
  void optionsCanComeFromTheEnvironmentTheCommandLineWinsAndTheJvmsAreAdded() throws Exception {
    try (Namespace namespace = Namespace.create();
        Program program =
            Launch.in(namespace)
                .with("CONNTRACK_EXPORTER_LISTEN_PORT", "9101")
                .with("CONNTRACK_EXPORTER_BIND_ADDRESS", "192.0.2.1")
                .with("CONNTRACK_EXPORTER_LISTEN_PORTS", "1")
                .with("CONNTRACK_EXPORTER_SERVICE_HOST", "10.96.0.7")
                .with("JAVA_OPTS", "-Xmx48m -Dadded=yes")
                .start("--bind-address=127.0.0.1")) {
      assertThat(program.addresses(1)).hasToString("[http://127.0.0.1:9101/metrics]");
      program.awaitReady();
      assertThat(program.log("CONNTRACK_EXPORTER_"))
          .singleElement()
          .asString()
          .endsWith(
              "WARN  CONNTRACK_EXPORTER_LISTEN_PORTS is ignored: no option has this"
                  + " variable; did you mean CONNTRACK_EXPORTER_LISTEN_PORT?");
      assertThat(Files.readString(Path.of("/proc/" + program.pid() + "/cmdline")).split("\0", -1))
          .containsSubsequence("-Xmx48m", "-Dadded=yes", "--module");
    }
  }
}
