package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code make version} and {@code make release} in a clone, without its tests and its builds. */
final class ReleaseTest {
  /** A version that no release has. */
  private static final String VERSION = "9.8.7";

  private static final String ARTEFACTS =
      """
      cd packaging/target/dist
      touch conntrack-exporter_9.8.7_amd64.deb conntrack-exporter-9.8.7-1.x86_64.rpm
      touch conntrack-exporter-9.8.7-linux-x86_64.tar.xz conntrack-exporter-9.8.7-linux-x86_64.cdx.json
      sha256sum conntrack* >SHA256SUMS
      """;

  @TempDir private Path clone;

  @BeforeEach
  void cloneThis() throws Exception {
    Tool.require("git", "git");
    Tool.requireFile(root().resolve(".git"), "clone the repository");
    run("git", "clone", "--quiet", "--depth=1", "--no-tags", "file://" + root(), ".");
    run("git", "checkout", "--quiet", "-B", "main");
    // The commit may be newer than the working tree's scripts, which are what is tested.
    run("cp", "-r", root() + "/packaging/scripts", "packaging");
    run("cp", root() + "/Makefile", ".");
    commit("as it is");
    Files.createDirectories(clone.resolve("packaging/target/dist"));
  }

  private static Path root() {
    return Path.of("..").toAbsolutePath().normalize();
  }

  @Test
  void aVersionThatIsSetAndCommittedIsReadyAndADryRunTagsNothing() throws Exception {
    Files.writeString(
        clone.resolve("CHANGELOG.md"), "# Changes\n\n## Unreleased\n\n### Added\n\n- It.\n");
    assertThat(run("make", "version", "VERSION=" + VERSION)).contains("CHANGELOG.md", "pom.xml");
    assertThat(Files.readString(clone.resolve("CHANGELOG.md")))
        .containsPattern("\n## 9\\.8\\.7 - \\d{4}-\\d\\d-\\d\\d\n");
    commit("Version " + VERSION);

    assertThat(release(0, "DRY_RUN=1"))
        .doesNotContain("failed")
        .contains("ok      all artefacts are there", "not tagged. All is ready for v9.8.7");
    assertThat(run("git", "tag")).isEmpty();
    assertThat(release(0)).contains("Tagged v9.8.7 here");
    assertThat(run("git", "tag")).isEqualTo("v9.8.7\n");
    assertThat(release(1)).contains("failed  there is no tag v9.8.7");
  }

  @Test
  void whatIsMissingIsToldAndNothingIsTagged() throws Exception {
    run("git", "checkout", "--quiet", "-b", "other");
    Files.writeString(clone.resolve("new"), "a file that is not committed");
    assertThat(release(1))
        .contains("failed  no file is changed", "?? new")
        .contains("failed  the branch is main", "this is the branch other")
        .contains("failed  the version is 9.8.7", "run make version VERSION=9.8.7, and commit it")
        .contains("failed  CHANGELOG.md has ## 9.8.7 - DATE")
        .doesNotContain("the tests pass");
    assertThat(run("git", "tag")).isEmpty();
  }

  @Test
  void aVersionIsThreeNumbers() throws Exception {
    assertThat(text(2, List.of("make", "version", "VERSION=1.0")))
        .contains("VERSION='1.0' must be three numbers such as 1.2.0");
    assertThat(text(2, List.of("make", "release", "VERSION=1.0.0-SNAPSHOT")))
        .contains("must be three numbers: make release VERSION=1.2.0");
  }

  private String release(int exitCode, String... settings) throws Exception {
    List<String> words = new ArrayList<>(List.of("env", "TESTS=true", "ARTEFACTS=" + ARTEFACTS));
    words.addAll(List.of(settings));
    words.addAll(List.of("make", "release", "VERSION=" + VERSION));
    return text(exitCode == 0 ? 0 : 2, words);
  }

  private void commit(String message) throws Exception {
    run("git", "add", "--all");
    String[] who = {"-c", "user.name=test", "-c", "user.email=test@example.com"};
    List<String> words = new ArrayList<>(List.of("git"));
    words.addAll(List.of(who));
    words.addAll(List.of("commit", "--quiet", "--allow-empty", "--message=" + message));
    text(0, words);
  }

  private String run(String... command) throws Exception {
    return text(0, List.of(command));
  }

  /** Runs it in the clone to its end, with this exit code, and returns all that it wrote. */
  private String text(int exitCode, List<String> command) throws Exception {
    Path output = Files.createTempFile("release", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(clone.toFile());
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      // A tag's object has an author.
      builder.environment().put("GIT_COMMITTER_NAME", "test");
      builder.environment().put("GIT_COMMITTER_EMAIL", "test@example.com");
      builder.environment().remove("MAKEFLAGS");
      Process process = builder.start();
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
      String text = Files.readString(output);
      assertThat(process.exitValue()).as("%s: %s", command, text).isEqualTo(exitCode);
      return text;
    } finally {
      Files.delete(output);
    }
  }
}
