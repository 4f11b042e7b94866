package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package, on a copy of this system that only the test sees and that goes with it. */
@KernelTest
final class DebianPackageTest {
  @TempDir private static Path folder;
  @AutoClose private static Namespace namespace;
  private static String debianPackage;

  @BeforeAll
  static void build() throws Exception {
    Tool.require("dpkg-deb", "dpkg");
    Tool.require("lintian", "lintian");
    Tool.require("python3", "python3");
    namespace = Namespace.create();
    namespace.trackConnections();
    debianPackage = Script.buildPackage(namespace, "scripts/build-deb.sh", folder, "DEB_LEVEL=0");
  }

  @Test
  void lintianFindsNoErrors() throws Exception {
    String[] lintian = {"lintian", "--allow-root", "--fail-on", "error", debianPackage};
    assertThat(Script.run(namespace, (Object[]) lintian)).doesNotContain("E: ");
  }

  @Test
  void itHasRulesAndDashboards() throws Exception {
    assertThat(Script.run(namespace, "dpkg-deb", "--contents", debianPackage))
        .contains(
            "/doc/conntrack-exporter/prometheus/rules.yml",
            "/doc/conntrack-exporter/prometheus/recording.yml",
            "/doc/conntrack-exporter/grafana/conntrack-endpoint.json",
            "/doc/conntrack-exporter/grafana/conntrack-exporter.json",
            "/doc/conntrack-exporter/grafana/conntrack-fleet.json",
            "/doc/conntrack-exporter/grafana/conntrack-host.json");
  }

  @Test
  void itIsInstalledUpgradedAndPurged() throws Exception {
    assertThat(Script.run(namespace, "src/test/sh/install-deb.sh", debianPackage))
        .contains("conntrack_exporter_in_sync 1", "enabled", "purged")
        .contains(
            "live, installed: open 3, opened 3, ended 0",
            "live, unpacked: open 2, opened 3, ended 1",
            "live, upgraded: open 2, opened 0, ended 0",
            "live, upgraded, one ended: open 1, opened 0, ended 1",
            "live, downgraded: open 1, opened 0, ended 0",
            "live, downgraded, all ended: open 0, opened 0, ended 1");
  }
}
