package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A signal is for a whole process, so each test starts one. */
class ShutdownTest {
  private static final Duration A_SECOND = Duration.ofSeconds(1);

  /** Stands for the daemon: has something to close, says when it is up, and waits for the end. */
  static final class Program {
    private Program() {}

    public static void main(String[] words) throws InterruptedException {
      Shutdown shutdown = Shutdown.onSignal(System.out::println);
      shutdown.closes(() -> System.out.println("closed what was opened first"));
      shutdown.closes(() -> close(words[0]));
      System.out.println("up");
      if (words[0].equals("refused")) {
        shutdown.cancel();
        System.exit(1);
      }
      Thread.sleep(Duration.ofMinutes(1));
    }

    private static void close(String word) throws InterruptedException {
      System.out.println("closed what was opened last");
      if (word.equals("hanging")) {
        Thread.sleep(Duration.ofMinutes(1));
      }
    }
  }

  private static Process start(String word) throws IOException {
    String target = System.getProperty("basedir", ".") + "/target/";
    return new ProcessBuilder(
            // What a shell starts in the background ignores SIGINT, and so does what that starts.
            "env",
            "--default-signal=INT",
            System.getProperty("java.home") + "/bin/java",
            "-cp",
            target + "classes" + File.pathSeparator + target + "test-classes",
            Program.class.getName(),
            word)
        .redirectErrorStream(true)
        .start();
  }

  /** Sends the signal once the program is up, and returns what it said after that. */
  private static String signal(Process program, String signal) throws Exception {
    assertThat(program.inputReader(UTF_8).readLine()).isEqualTo("up");
    long startedNs = System.nanoTime();
    new ProcessBuilder("kill", "-" + signal, Long.toString(program.pid())).start();
    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - startedNs)).isLessThan(A_SECOND);
    return program.inputReader(UTF_8).lines().collect(Collectors.joining(", "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalClosesTheLastFirstAndEndsWithExitCode0(String signal) throws Exception {
    Process program = start("running");
    assertThat(signal(program, signal))
        .isEqualTo("SIG" + signal + ", closed what was opened last, closed what was opened first");
    assertThat(program.exitValue()).isZero();
  }

  @Test
  void whatHangsWhileClosingDoesNotHoldUpTheEnd() throws Exception {
    Process program = start("hanging");
    assertThat(signal(program, "TERM")).isEqualTo("SIGTERM, closed what was opened last");
    assertThat(program.exitValue()).isZero();
  }

  @Test
  void aStartThatFailedClosesWhatWasOpenedAndKeepsItsExitCode() throws Exception {
    Process program = start("refused");
    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(program.exitValue()).isEqualTo(1);
    assertThat(program.inputReader(UTF_8).lines())
        .containsExactly("up", "closed what was opened last", "closed what was opened first");
  }
}
