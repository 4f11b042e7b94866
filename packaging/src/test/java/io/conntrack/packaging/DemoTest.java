package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code make demo} runs, started by a user whose network is a namespace of the test's. */
@KernelTest
final class DemoTest {
  private static final String SCRIPT = Path.of("demo", "demo.sh").toAbsolutePath().toString();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SCREEN_COLUMNS = 80;
  private static final int SCREEN_LINES = 24;
  private static final Pattern PORT = Pattern.compile("http://localhost:(\\d+)/metrics");

  @AutoClose private final Namespace user = Namespace.create();
  @TempDir private Path folder;

  @Test
  void showsEveryStateAndBothFamiliesUntilItIsInterrupted() throws Exception {
    Process demo = start();
    awaitConnections("198.51.100.20:80");
    awaitConnections("[2001:db8:1::30]:443");
    awaitConnections("2001:db8::2");
    Await.until("every state", LIMIT, () -> counts("sum"), sum -> !sum.contains(0));
    assertThat(counts("198.51.100.60:22")).as("what was refused").containsOnly(0);
    assertThat(screen().lines())
        .hasSizeLessThan(SCREEN_LINES)
        .allMatch(line -> line.length() < SCREEN_COLUMNS);
    assertThat(end(demo, "INT")).isZero();
  }

  @Test
  void servesTheMetricsAtTheUsersLocalhostAndChangesNothingElseThere() throws Exception {
    String network = network();
    Process demo = start();
    awaitConnections("198.51.100.20:80");
    HttpAnswer answer = HttpAnswer.get(user, "127.0.0.1", port(), "/metrics");
    assertThat(answer.text())
        .contains("conntrack_open_connections{host=\"198.51.100.20:80\"}")
        .doesNotContain("127.0.0.1");
    assertThat(network()).isEqualTo(network);
    end(demo, "TERM");
    assertThat(network()).isEqualTo(network);
  }

  @Test
  void takesAnotherPortBesideAnotherDemo() throws Exception {
    Process demo = start();
    awaitConnections("sum");
    int port = port();
    Process beside = start();
    Await.until("another port", LIMIT, this::port, otherPort -> otherPort != port);
    kill("TERM", beside);
    end(demo, "TERM");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "HUP", "KILL"})
  void leavesNothingBehindHoweverItIsKilled(String signal) throws Exception {
    Process demo = start();
    awaitConnections("sum");
    assertThat(end(demo, signal)).isNotZero();
  }

  @Test
  void endsByItselfAfterDemoSeconds() throws Exception {
    assertThat(awaitEnd(start("DEMO_SECONDS=1"))).isZero();
    assertThat(counts("sum")).hasSize(4);
  }

  @Test
  void anExporterThatDoesNotStartEndsIt() throws Exception {
    assertThat(awaitEnd(start("JAVA_OPTS=-XX:NoSuchOption"))).isEqualTo(1);
    assertThat(output()).contains("NoSuchOption", "The exporter ended; what it said is above.");
  }

  @Test
  void aStepThatFailsEndsItWithTheToolsMessage() throws Exception {
    // Nowhere but in the demo's own mounts.
    String withoutLinks = "mount --bind /dev/null /sys/module/veth && exec \"$0\"";
    assertThat(awaitEnd(start())).isZero();
  }

  /** Starts the demo with these variables. Its output takes the place of an earlier one's. */
  private Process start(String... variables) {
    // An ignored SIGINT, which shells give to what they start in the background, can't be trapped.
    var words = Stream.of(Stream.of("env", "--default-signal=INT"), Arrays.stream(variables));
    return null;
  }
}
