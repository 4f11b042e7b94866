package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that {@code make dist} makes, unpacked and started. */
@KernelTest
final class DistributionTest {
  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void theArchiveIsCompleteMatchesItsChecksumAndRunsWhereItIsUnpacked() throws Exception {
    Path sbom = Files.writeString(folder.resolve("bom.json"), "{}");
    String archive =
        Script.run(
                namespace,
                "env",
                "XZ_OPT=-0",
                "scripts/build-dist.sh",
                System.getProperty("java.home"),
                System.getProperty("modules"),
                System.getProperty("image"),
                sbom,
                folder)
            .strip();
    namespace.sh("cd '%s'; sha256sum --check *.sha256; tar -xf '%s'".formatted(folder, archive));
    Path unpacked = Path.of(archive.replace(".tar.xz", ""));
    assertThat(unpacked)
        .isDirectoryContaining(file -> file.endsWith("NOTICE"))
        .isDirectoryContaining(file -> file.endsWith("LICENSE"))
        .isDirectoryContaining(file -> file.endsWith("README.md"));
    assertThat(unpacked.resolve("docs"))
        .isDirectoryContaining(file -> file.endsWith("metrics.md"))
        .isDirectoryContaining(file -> file.endsWith("options.md"));
    assertThat(unpacked.resolve("share"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.service"))
        .isDirectoryContaining(file -> file.endsWith("netns.conf"))
        .isDirectoryContaining(file -> file.endsWith("check.conf"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.bash"))
        .isDirectoryContaining(file -> file.endsWith("rules.yaml"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.1"));
    try (Program program = Launch.in(namespace).image(unpacked).serve()) {
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }

  @Test
  void shellcheckHasNothingToComplainOf() {
    Tool.require("shellcheck", "shellcheck");
    namespace.sh(
        "shellcheck ../.ci/run scripts/*.sh demo/*.sh debian/p* src/test/sh/*.sh"
            + " src/main/launcher/conntrack-exporter");
  }
}
