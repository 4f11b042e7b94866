package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.NotifySocket;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the daemon tells systemd, sd_notify(3). */
@KernelTest
final class SupervisionTest {
  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void aLogThatTheJournalTakesHasPrioritiesAndNoTime() throws Exception {
    try (Namespace own = Namespace.create();
        Program program =
            Launch.in(own)
                .through(
                    "sh",
                    "-c",
                    "JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec \"$@\"",
                    "sh")
                .with("CONNTRACK_EXPORTER_NO_SUCH_OPTION", "1")
                .start("--listen-port=0")) {
      Await.until("its start", () -> !program.log("Serving metrics").isEmpty());
      assertThat(program.log()).allMatch(line -> line.matches("<[46]>[A-Z].*"));
      assertThat(program.log("NO_SUCH_OPTION")).singleElement().asString().startsWith("<4>");
      assertThat(program.log("Serving metrics")).singleElement().asString().startsWith("<6>");
    }
  }

  @Test
  void systemdIsToldOfTheFirstResyncAndThenThatTheReaderGoesOn() throws Exception {
    Path path = folder.resolve("notify");
    try (NotifySocket systemd = NotifySocket.at(path);
        Program program =
            Launch.in(namespace)
                .with("NOTIFY_SOCKET", path.toString())
                .with("WATCHDOG_USEC", "300000")
                .start("--listen-port=0", "--resync-interval=24h")) {
      assertThat(systemd.receive()).startsWith("READY=1\n");
      for (int i = 0; i < 3; i++) {
        assertThat(systemd.receive()).isEqualTo("WATCHDOG=1");
      }
      assertThat(program.log("WARN")).noneMatch(line -> line.contains("systemd"));
      program.end("TERM");
      assertThat(program.awaitExit()).isZero();
    }
  }

  @Test
  void aSocketThatIsGoneIsLoggedAndNothingElse() throws Exception {
    Path nowhere = folder.resolve("nowhere");
    try (Program program = Launch.in(namespace).with("NOTIFY_SOCKET", nowhere.toString()).serve()) {
      assertThat(program.log("WARN").toString())
          .contains("Telling systemd READY=1 failed", "NOTIFY_SOCKET=" + nowhere);
    }
  }
}
