package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The archive that {@code make dist} makes, unpacked and started. */
@KernelTest
final class DistributionTest {
  /** Of what Maven's plugin tells no more than what is completed; {@code SbomTest} has the rest. */
  private static final String BOM =
      """
      {
        "metadata" : {
          "tools" : { "components" : [] },
          "component" : {
            "name" : "packaging",
            "bom-ref" : "pkg:maven/io.conntrack/packaging@1?type=jar"
          }
        },
        "components" : [
          { "name" : "prometheus-metrics-exposition-formats", "bom-ref" : "1" },
          { "name" : "jackson-core", "bom-ref" : "2" },
          { "name" : "snakeyaml-engine", "bom-ref" : "3" },
          { "name" : "spring-security-crypto", "bom-ref" : "4" }
        ],
        "dependencies" : [
          { "ref" : "pkg:maven/io.conntrack/packaging@1?type=jar", "dependsOn" : [ "1" ] },
          { "ref" : "1" }, { "ref" : "2" }, { "ref" : "3" }, { "ref" : "4" }
        ]
      }
      """;

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void theArchiveIsCompleteMatchesItsChecksumAndRunsWhereItIsUnpacked() throws Exception {
    Path sbom = Files.writeString(folder.resolve("bom.json"), BOM);
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
    namespace.sh("cd '%s'; sha256sum --check SHA256SUMS; tar -xf '%s'".formatted(folder, archive));
    assertThat(names(Path.of(archive.replace(".tar.xz", ".cdx.json"))))
        .startsWith("conntrack-exporter")
        .contains("openjdk", "protobuf-java", "libnetfilter_conntrack", "libmnl", "jackson-core")
        .doesNotContain("packaging");
    Path unpacked = Path.of(archive.replace(".tar.xz", ""));
    assertThat(unpacked)
        .isDirectoryContaining(file -> file.endsWith("NOTICE"))
        .isDirectoryContaining(file -> file.endsWith("LICENSE"))
        .isDirectoryContaining(file -> file.endsWith("README.md"));
    assertThat(unpacked.resolve("docs"))
        .isDirectoryContaining(file -> file.endsWith("metrics.md"))
        .isDirectoryContaining(file -> file.endsWith("options.md"));
    assertThat(unpacked.resolve("docs/runbooks/ConntrackExporterDown.md")).exists();
    assertThat(unpacked.resolve("share/prometheus/rules.yml")).exists();
    assertThat(unpacked.resolve("share/prometheus/recording.yml")).exists();
    assertThat(unpacked.resolve("share/grafana"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-fleet.json"))
        .isDirectoryNotContaining(file -> file.endsWith("panels.libsonnet"));
    assertThat(unpacked.resolve("share"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.service"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.socket"))
        .isDirectoryContaining(file -> file.endsWith("netns.conf"))
        .isDirectoryContaining(file -> file.endsWith("check.conf"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.bash"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.fish"))
        .isDirectoryContaining(file -> file.endsWith("_conntrack-exporter"))
        .isDirectoryContaining(file -> file.endsWith("rules.yaml"))
        .isDirectoryContaining(file -> file.endsWith("conntrack-exporter.8"));
    try (Program program = Launch.in(namespace).image(unpacked).serve()) {
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }

  @Test
  void itsChecksumsAreSignedByAGivenKey() throws Exception {
    Tool.require("minisign", "minisign");
    Tool.require("gpg", "gnupg");
    assertThat(Script.run(namespace, "src/test/sh/sign.sh", folder))
        .contains("signed by minisign", "signed by gpg", "a changed file is refused");
  }

  /** The values of all fields "name" of a document in JSON. */
  private static List<String> names(Path json) throws IOException {
    List<String> names = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(Files.readString(json))) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.VALUE_STRING
            && "name".equals(parser.currentName())) {
          names.add(parser.getText());
        }
      }
    }
    return names;
  }

  @Test
  void itIsInstalledUnderAnyPrefixAndRunsThere() throws Exception {
    Path root = folder.resolve("root");
    Script.run(
        namespace,
        "env",
        "DESTDIR=" + root,
        "scripts/install.sh",
        System.getProperty("java.home"),
        System.getProperty("modules"),
        System.getProperty("image"),
        "/opt/ours");
    Path installed = root.resolve("opt/ours");
    assertThat(Files.readString(installed.resolve("lib/systemd/system/conntrack-exporter.service")))
        .contains("ExecStart=/opt/ours/lib/conntrack-exporter/bin/conntrack-exporter $ARGS\n")
        .doesNotContain("/usr/lib");
    assertThat(installed.resolve("share"))
        .isDirectoryRecursivelyContaining("glob:**/man8/conntrack-exporter.8.gz")
        .isDirectoryRecursivelyContaining("glob:**/completions/conntrack-exporter")
        .isDirectoryRecursivelyContaining("glob:**/site-functions/_conntrack-exporter")
        .isDirectoryRecursivelyContaining("glob:**/vendor_completions.d/conntrack-exporter.fish")
        .isDirectoryRecursivelyContaining("glob:**/docs/metrics.md");
    try (Program program = Launch.in(namespace).image(installed).serve()) {
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }

  /** Bash is everywhere; the other two are asked where they are. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bash | conntrack-exporter --nat= | both",
        "bash | conntrack-exporter --states=r | raw",
        "bash | conntrack-exporter --log.level w | warn",
        "bash | conntrack-exporter top --sort=fa | failed",
        "bash | conntrack-exporter top --ca-file=/etc/host | /etc/hostname",
        "bash | conntrack-exporter t | top",
        "bash | conntrack-exporter --rules /etc/host | /etc/hostname",
        "bash | conntrack-exporter --rules=/etc/host | /etc/hostname",
        "fish | conntrack-exporter --nat= | --nat=both",
        "fish | conntrack-exporter --list | --listen-port"
      })
  void completionsKnowValuesAndFiles(String shell, String words, String expected) throws Exception {
    Tool.assumeInstalled(shell);
    Script.run(
        namespace,
        "scripts/documents.sh",
        System.getProperty("java.home"),
        System.getProperty("modules"),
        "1",
        folder);
    assertThat(Script.run(namespace, "src/test/sh/complete.sh", shell, folder, words).lines())
        .anyMatch(line -> line.startsWith(expected));
  }

  @Test
  void shellcheckHasNothingToComplainOf() {
    Tool.require("shellcheck", "shellcheck");
    namespace.sh(
        "shellcheck ../.ci/run scripts/*.sh demo/*.sh vm/*.sh debian/p* src/test/sh/*.sh"
            + " src/main/launcher/conntrack-exporter");
  }
}
