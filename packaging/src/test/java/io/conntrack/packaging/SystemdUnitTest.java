package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The systemd unit, as far as it can be judged where no systemd runs. */
@KernelTest
final class SystemdUnitTest {
  private static final Path UNIT = Path.of("systemd", "conntrack-exporter.service");
  private static final Path DROP_IN = Path.of("systemd", "netns.conf");
  private static final String INSTALLED = "/usr/lib/conntrack-exporter/";

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @BeforeAll
  static void requireSystemd() {
    Tool.require("systemd-analyze", "systemd");
  }

  @Test
  void itIsExposedToALevelOf2AtMost() {
    String report =
        namespace.sh("systemd-analyze security --offline=true --threshold=20 " + UNIT + " 2>&1");
    assertThat(report).contains("Overall exposure level");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void systemdHasNothingToComplainOf(boolean withDropIn) throws Exception {
    String unit = Files.readString(UNIT);
    assertThat(unit).contains("ExecStart=" + INSTALLED);
    Path built = folder.resolve("conntrack-exporter.service");
    Files.writeString(built, unit.replace(INSTALLED, System.getProperty("image") + "/"));
    if (withDropIn) {
      Path dropIns = Files.createDirectory(folder.resolve(built.getFileName() + ".d"));
      Files.copy(DROP_IN, dropIns.resolve(DROP_IN.getFileName()));
    }
    assertThat(namespace.sh("systemd-analyze verify --man=no '" + built + "' 2>&1")).isEmpty();
  }
}
