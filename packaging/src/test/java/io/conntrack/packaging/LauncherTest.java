package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The built image, started through symbolic links from another folder, with no JDK to lean on. */
final class LauncherTest {
  private static final Path LAUNCHER =
      Path.of(System.getProperty("image"), "bin", "conntrack-exporter");
  private static final String VERSION = System.getProperty("version");
  private static final long TIMEOUT_S = 30;

  @TempDir private Path elsewhere;

  /** What a finished program left. */
  private record Outcome(int exitCode, String output, String error) {}

  @BeforeEach
  void linkAbsolutelyThenRelatively() throws IOException {
    Files.createSymbolicLink(elsewhere.resolve("absolute"), LAUNCHER);
    Files.createSymbolicLink(link(), Path.of("absolute"));
  }

  @AfterEach
  void unlink() throws IOException {
    // JUnit deletes links as well, but warns of each one that leads out of its folder.
    Files.delete(link());
    Files.delete(elsewhere.resolve("absolute"));
  }

  @Test
  void tellsItsVersion() throws Exception {
    Outcome outcome = run("", "--version");
    assertThat(outcome.error()).isEmpty();
    assertThat(outcome.output())
        .startsWith("conntrack-exporter, version " + VERSION + " (branch: ")
        .contains("\n  java version:     ", "\n  platform:         linux/");
    assertThat(outcome.exitCode()).isZero();
  }

  @Test
  void tellsItsOptions() throws Exception {
    Outcome outcome = run("", "--help");
    assertThat(outcome.error()).isEmpty();
    assertThat(outcome.output()).contains("conntrack-exporter", "--help", "--version");
    assertThat(outcome.exitCode()).isZero();
  }

  @Test
  void takesOptionsOfTheJvmFromTheEnvironment() throws Exception {
    Outcome outcome = run("-Xmx48m -XshowSettings:vm", "--version");
    assertThat(outcome.error() + outcome.output()).contains("48.00M", VERSION);
    assertThat(outcome.exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --listen-port=70000        | --listen-port=70000: must be a whole number from 0 to 65535
          --listen-prt=9101          | unknown option --listen-prt=9101; did you mean --listen-port?
          stray                      | only options are taken, not the word stray
          --log-events-format=xml    | --log-events-format=xml: must be netfilter or json
          --resync-interval=5        | --resync-interval=5: must be a time from 100ms to 24h
          --ignore-hosts=10.0.0.0/40 | --ignore-hosts=10.0.0.0/40: must be addresses such as
          --web.listen-address=9318  | --web.listen-address=9318: must be [ADDRESS]:PORT such as
          --listen-port              | --listen-port: needs a value, as in --listen-port=PORT
          """)
  void saysWhatIsWrongWithAnOption(String option, String complaint) throws Exception {
    Outcome outcome = run("", "--once", option);
    assertThat(outcome.output()).isEmpty();
    assertThat(outcome.error())
        .startsWith("conntrack-exporter: " + complaint)
        .endsWith("\nTry 'conntrack-exporter --help'.\n");
    assertThat(outcome.error().lines()).hasSize(2);
    assertThat(outcome.exitCode()).isEqualTo(2);
  }

  private Outcome run(String javaOpts, String... arguments) throws Exception {
    Path output = elsewhere.resolve("output");
    Path error = elsewhere.resolve("error");
    List<String> command = new ArrayList<>(List.of(link().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(elsewhere.toFile())
            .redirectOutput(output.toFile())
            .redirectError(error.toFile());
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().put("JAVA_OPTS", javaOpts);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)).as("ended in time").isTrue();
      return new Outcome(process.exitValue(), Files.readString(output), Files.readString(error));
    } finally {
      process.destroyForcibly();
    }
  }

  private Path link() {
    return elsewhere.resolve("conntrack exporter");
  }
}
