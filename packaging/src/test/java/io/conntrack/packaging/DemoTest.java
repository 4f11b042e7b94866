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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
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
    assertThat(output())
        .contains("NoSuchOption", "The exporter serves no metrics; what it said is above.");
  }

  @Test
  void aStepThatFailsEndsIt() throws Exception {
    Path nft = Files.writeString(folder.resolve("nft"), "#!/bin/sh\necho no tables >&2; exit 3\n");
    assertThat(nft.toFile().setExecutable(true)).isTrue();
    Process demo = start("PATH=" + folder + ":" + System.getenv("PATH"));
    assertThat(awaitEnd(demo)).isEqualTo(3);
    assertThat(output()).endsWith("no tables\n");
  }

  @Test
  void aToolThatIsMissingIsNamedWithItsPackage() throws Exception {
    String hideNft = "mount --bind /dev/null \"$(command -v nft)\"; exec \"$0\"";
    Process demo = start("unshare", "--mount", "sh", "-euc", hideNft);
    assertThat(awaitEnd(demo)).isEqualTo(1);
    assertThat(output()).startsWith("nft is missing. Install it: apt-get install nftables,");
  }

  /** Starts the demo behind these words for env. Its output takes the place of an earlier one's. */
  private Process start(String... words) {
    // Shells let what they start in the background ignore SIGINT, nohup lets it ignore SIGHUP, and
    // children inherit both.
    Stream<String> begin = Stream.of("env", "--default-signal=INT,HUP");
    List<String> command =
        Stream.of(begin, Arrays.stream(words), Stream.of(SCRIPT)).flatMap(part -> part).toList();
    File output = folder.resolve("output").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return user.exec(builder);
  }

  private void awaitConnections(String host) {
    Await.until(
        "connections of " + host,
        LIMIT,
        () -> counts(host),
        counts -> counts.stream().anyMatch(count -> count > 0));
  }

  /** The counts of this host in the four states, as shown last; empty before they are shown. */
  private List<Integer> counts(String host) {
    return screen()
        .lines()
        .filter(line -> line.startsWith(host + " "))
        .flatMap(line -> Arrays.stream(line.split(" +")).skip(1).limit(4))
        .map(Integer::valueOf)
        .toList();
  }

  /** What was shown last as a whole, from its title to its last line; empty when nothing was. */
  private String screen() {
    String output = output();
    int end = output.lastIndexOf("Ctrl-C ends the demo");
    return end < 0 ? "" : output.substring(output.lastIndexOf("conntrack-exporter on", end), end);
  }

  private int port() {
    Matcher url = PORT.matcher(screen());
    return url.find() ? Integer.parseInt(url.group(1)) : 0;
  }

  private String output() {
    try {
      return Files.readString(folder.resolve("output"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the user's network has, without sockets. */
  private String network() {
    return user.sh(
        "ip address; ip route show table all; ip -6 route show table all; "
            + "ip netns | grep -wE 'near|far' || :");
  }

  /** Sends the signal and returns the exit code. */
  private int end(Process demo, String signal) throws Exception {
    Set<String> namespaces = namespaces(demo);
    assertThat(namespaces).as("of mounts, networks and processes").hasSizeGreaterThan(2);
    kill(signal, demo);
    int exitCode = awaitEnd(demo);
    Await.until("all in " + namespaces + " to end", () -> inside(namespaces), List::isEmpty);
    return exitCode;
  }

  private void kill(String signal, Process demo) {
    user.sh("kill -" + signal + " " + demo.pid());
  }

  /** Waits until no process is left in the user's network, where the demo's first ones are. */
  private int awaitEnd(Process demo) throws Exception {
    assertThat(demo.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(output()).isTrue();
    String network =
        user.call(() -> Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))).toString();
    Await.until("all of the demo to end", () -> inside(Set.of(network)), List::isEmpty);
    return demo.exitValue();
  }

  /** The namespaces of the demo and its children, without those that this JVM is in. */
  private static Set<String> namespaces(Process demo) {
    return Stream.concat(Stream.of(demo.toHandle()), demo.descendants())
        .flatMap(process -> namespaces(process).stream())
        .filter(namespace -> !namespaces(ProcessHandle.current()).contains(namespace))
        .collect(Collectors.toSet());
  }

  private static List<ProcessHandle> inside(Set<String> namespaces) {
    return ProcessHandle.allProcesses()
        .filter(process -> !Collections.disjoint(namespaces(process), namespaces))
        .toList();
  }

  /** Such as {@code net:[4026532209]}; none of a process that has ended. */
  private static Set<String> namespaces(ProcessHandle process) {
    var links = new HashSet<String>();
    for (String kind : List.of("mnt", "net", "pid")) {
      try {
        Path link = Path.of("/proc", Long.toString(process.pid()), "ns", kind);
        links.add(Files.readSymbolicLink(link).toString());
      } catch (IOException e) {
        // It has ended since it was listed.
      }
    }
    return links;
  }
}
