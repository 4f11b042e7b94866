package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Path SOCKET = Path.of("systemd", "conntrack-exporter.socket");
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

  @Test
  void aBadOptionIsNotTriedAgainAndOtherFailuresReachTheStartLimit() throws Exception {
    String unit = Files.readString(UNIT);
    assertThat(unit).contains("\nRestartPreventExitStatus=2\n");
    int burst = number(unit, "StartLimitBurst=(\\d+)\n");
    int pauseSeconds = number(unit, "RestartSec=(\\d+)\n");
    int limitSeconds = 60 * number(unit, "StartLimitIntervalSec=(\\d+)min\n");
    // A start that fails takes some seconds itself.
    assertThat(burst * (pauseSeconds + 10)).isLessThan(limitSeconds);
  }

  @Test
  void theDropInShowsNamespacesOfOtherUsersProcesses() throws Exception {
    assertThat(Files.readString(UNIT)).contains("\nProtectProc=invisible\n");
    assertThat(Files.readString(DROP_IN)).contains("\nProtectProc=default\n");
  }

  private static int number(String unit, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(unit);
    assertThat(found.find()).as(pattern).isTrue();
    return Integer.parseInt(found.group(1));
  }

  @Test
  void systemdHasNothingToComplainOfTheSocket() throws Exception {
    String unit = Files.readString(SOCKET);
    assertThat(unit).contains("\nListenStream=9318\n");
    Path copy = Files.writeString(folder.resolve(SOCKET.getFileName()), unit);
    String service = Files.readString(UNIT).replace(INSTALLED, System.getProperty("image") + "/");
    Files.writeString(folder.resolve(UNIT.getFileName()), service);
    assertThat(namespace.sh("systemd-analyze verify --man=no '" + copy + "' 2>&1")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "netns.conf", "check.conf"})
  void systemdHasNothingToComplainOf(String dropIn) throws Exception {
    String unit = Files.readString(UNIT);
    assertThat(unit).contains("ExecStart=" + INSTALLED);
    assertThat(unit).contains("ExecReload=/bin/kill -HUP $MAINPID");
    Path built = folder.resolve("conntrack-exporter.service");
    Files.writeString(built, unit.replace(INSTALLED, System.getProperty("image") + "/"));
    if (!dropIn.isEmpty()) {
      Path dropIns = Files.createDirectory(folder.resolve(built.getFileName() + ".d"));
      String lines = Files.readString(Path.of("systemd", dropIn));
      Files.writeString(
          dropIns.resolve(dropIn), lines.replace(INSTALLED, System.getProperty("image") + "/"));
    }
    assertThat(namespace.sh("systemd-analyze verify --man=no '" + built + "' 2>&1")).isEmpty();
  }
}
