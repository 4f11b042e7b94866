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

/**
 * The package for Fedora, RHEL and openSUSE, by rpm on a copy of this system that only the test
 * sees, with the C libraries where those systems have them.
 */
@KernelTest
final class RpmPackageTest {
  @TempDir private static Path folder;
  @AutoClose private static Namespace namespace;
  private static String rpm;
  private static String later;

  @BeforeAll
  static void build() throws Exception {
    Tool.require("rpmbuild", "rpm");
    Tool.require("rpm2cpio", "rpm2cpio");
    namespace = Namespace.create();
    rpm = build("1");
    later = build("2");
  }

  private static String build(String release) throws Exception {
    return Script.buildPackage(
        namespace, "scripts/build-rpm.sh", folder, "RPM_PAYLOAD=w1.zstdio", "RELEASE=" + release);
  }

  @Test
  void rpmlintHasNothingToComplainOf() throws Exception {
    Tool.require("rpmlint", "rpmlint");
    assertThat(Script.run(namespace, "rpmlint", "-c", "rpm/rpmlint.toml", rpm))
        .contains(" 0 errors, 0 warnings");
  }

  @Test
  void itNeedsTheLibrariesByTheirSonamesAndGivesNone() throws Exception {
    assertThat(query("--requires"))
        .contains("libnetfilter_conntrack.so.3()(64bit)", "libmnl.so.0()(64bit)", "libc.so.6(")
        .doesNotContain("libjvm", "libjava", "libjli");
    assertThat(query("--provides").lines())
        .allMatch(line -> line.matches("(config\\()?conntrack-exporter.*"));
  }

  @Test
  void itHasWhatTheDebianPackageHas() throws Exception {
    assertThat(query("--list"))
        .contains(
            "/etc/sysconfig/conntrack-exporter\n",
            "/usr/bin/conntrack-exporter\n",
            "/usr/lib/systemd/system/conntrack-exporter.service\n",
            "/usr/lib/systemd/system/conntrack-exporter.socket\n",
            "/usr/lib64/conntrack-exporter/bin/java\n",
            "/usr/lib64/conntrack-exporter/legal/",
            "/usr/share/bash-completion/completions/conntrack-exporter\n",
            "/usr/share/doc/conntrack-exporter/docs/metrics.md\n",
            "/usr/share/doc/conntrack-exporter/examples/check.conf\n",
            "/usr/share/doc/conntrack-exporter/prometheus/rules.yml\n",
            "/usr/share/licenses/conntrack-exporter/LICENSE\n",
            "/usr/share/man/man8/conntrack-exporter.8.gz\n");
    assertThat(query("--configfiles"))
        .isEqualToIgnoringNewLines("/etc/sysconfig/conntrack-exporter");
  }

  private static String query(String what) throws Exception {
    return Script.run(namespace, "rpm", "--query", "--package", what, rpm);
  }

  @Test
  void itIsInstalledUpgradedAndRemoved() throws Exception {
    assertThat(Script.run(namespace, "src/test/sh/install-rpm.sh", rpm, later))
        .contains("conntrack_exporter_in_sync 1", "enabled", "upgraded", "removed");
  }

  @Test
  void unpackedByItselfItRuns() throws Exception {
    Path root = Files.createDirectory(folder.resolve("unpacked"));
    namespace.sh(
        "cd '%s'; rpm2cpio '%s' | cpio --quiet --extract --make-directories".formatted(root, rpm));
    try (Program program = Launch.in(namespace).image(root.resolve("usr")).serve()) {
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }
}
