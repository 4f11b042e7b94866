package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What can be told without the kernel. */
class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... words) {
    return run(out, words);
  }

  private int run(OutputStream to, String... words) {
    PrintStream errors = new PrintStream(err, true, UTF_8);
    return new Main(Map.of(), new PrintStream(to, false, UTF_8), errors).run(words);
  }

  @Test
  void helpGoesToStandardOutputAndFits80Columns() {
    assertThat(run("--help")).isZero();
    assertThat(err.toString(UTF_8)).isEmpty();
    assertThat(out.toString(UTF_8).lines()).allMatch(line -> line.length() <= 80);
    assertThat(out.toString(UTF_8))
        .startsWith("Usage: conntrack-exporter [OPTION]...\n")
        .contains("-b, --bind-address=ADDRESS ")
        .contains("-l, --listen-port=PORT ")
        .contains("-p, --listen-path, --web.telemetry-path=PATH")
        .contains("    --web.listen-address=[ADDRESS]:PORT")
        .contains("    --web.systemd-socket ")
        .contains("-i, --ignore-hosts=HOST,...")
        .contains("-e, --log-events ")
        .contains("-f, --log-events-format=FORMAT")
        .contains("    --log.level=LEVEL")
        .contains("    --log.format=FORMAT")
        .contains("    --web.max-requests=NUMBER")
        .contains("-d, --debug ")
        .contains("    --once ")
        .contains("    --health-check ")
        .contains("    --resync-interval=TIME ")
        .contains("    --endpoint-retention=TIME ")
        .contains("    --max-endpoints=NUMBER ")
        .contains("    --rules=FILE ")
        .contains("    --client-ports ")
        .contains("    --no-events ")
        .contains("    --netlink-buffer=SIZE ")
        .contains("conntrack-exporter check [OPTION]...\n")
        .contains("  check  ")
        .contains("-V, --version ")
        .contains("-h, --help ")
        .contains("CONNTRACK_EXPORTER_LISTEN_PORT=9101");
  }

  @Test
  void shortHelpIsTheSame() {
    run("--help");
    String text = out.toString(UTF_8);
    out.reset();
    run("-h");
    assertThat(out.toString(UTF_8)).isEqualTo(text);
  }

  @Test
  void theCommandHasAHelpOfItsOwn() {
    assertThat(run("check", "--help")).isZero();
    assertThat(out.toString(UTF_8).lines()).allMatch(line -> line.length() <= 80);
    assertThat(out.toString(UTF_8))
        .startsWith("Usage: conntrack-exporter check [OPTION]...\n")
        .contains("--json ", "--netlink-buffer=SIZE ", "--no-events ")
        .contains("Exit codes:\n  0  all is well\n")
        .doesNotContain("--listen-path");
  }

  @Test
  void versionNamesTheBuildAndTheJava() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString(UTF_8))
        .matches(
            """
            conntrack-exporter, version \\S+ \\(branch: \\S+, revision: \\S+\\)
              java version:     \\d+\\S*
              platform:         linux/\\S+
              tags:             \\S+
            """);
  }

  @Test
  void aBadOptionIsExitCode2AndTwoLinesOnStandardError() {
    assertThat(run("--listen-port=x")).isEqualTo(2);
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString(UTF_8))
        .isEqualTo(
            """
            conntrack-exporter: --listen-port=x: must be a whole number from 0 to 65535
            Try 'conntrack-exporter --help'.
            """);
  }

  @Test
  void rulesThatCannotBeTakenAreABadOptionForACheckToo() {
    String message =
        """
        conntrack-exporter: --rules=/absent.yaml: there is no such file
        """;
    assertThat(run("--rules=/absent.yaml")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).isEqualTo(message);
    err.reset();
    assertThat(run("check", "--rules=/absent.yaml")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).isEqualTo(message);
  }

  @Test
  void aStrayWordIsExitCode2() {
    assertThat(run("--once", "stray")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("not the word stray");
  }

  @Test
  void anOutputThatCannotBeWrittenIsExitCode1() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    assertThat(run(full, "--help")).isEqualTo(1);
    assertThat(err.toString(UTF_8))
        .isEqualTo(
            "conntrack-exporter: cannot write to standard output: it is closed, or what it"
                + " leads to is full or gone\n");
  }
}
