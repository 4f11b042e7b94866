package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The log in each of its formats, from the first line to the last. */
@KernelTest
final class LogFormatTest {
  /** As systemd starts a service whose standard error is the journal's. */
  private static final String UNDER_SYSTEMD =
      "JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec \"$@\"";

  @AutoClose private final Namespace namespace = Namespace.create();

  private Launch launch() {
    return Launch.in(namespace).through("env", "--default-signal");
  }

  private Launch underSystemd() {
    return launch().through("sh", "-c", UNDER_SYSTEMD, "sh");
  }

  private static void awaitServing(Program program) {
    Await.until("its start", () -> !program.log("Serving metrics at").isEmpty());
  }

  @Test
  void theFirstLineTellsWhatStartsWhereAndWithWhichOptions() throws Exception {
    try (Program program = launch().with("CONNTRACK_EXPORTER_ZONES", "true").serve("--per-cpu")) {
      Path link = Path.of("/proc/" + program.pid() + "/ns/net");
      String id = Files.readSymbolicLink(link).toString();
      assertThat(program.log().getFirst())
          .contains(" INFO  Starting conntrack-exporter, version ")
          .contains("network namespace " + id.replaceAll("\\D", "") + ", to listen on [::]:")
          .contains("--listen-port=" + program.port(), "--zones", "--per-cpu");
    }
  }

  @Test
  void inJsonEachLineIsAnObject() throws Exception {
    try (Program program =
        launch().start("--listen-port=0", "--log.format=json", "--log.level=DEBUG")) {
      awaitServing(program);
      program.end("TERM");
      assertThat(program.awaitExit()).isZero();
      assertThat(program.log())
          .allMatch(
              line -> line.matches("\\{\"ts\":\"[^\"]+Z\",\"level\":\"[a-z]+\",\"msg\":\".*\"}"));
      assertThat(program.log().getFirst()).contains("\"level\":\"info\",\"msg\":\"Starting ");
      assertThat(program.log("Stopping"))
          .singleElement()
          .asString()
          .endsWith(",\"level\":\"info\",\"msg\":\"Stopping, as SIGTERM asks\"}");
    }
  }

  @Test
  void theOptionSaysMoreThanWhereTheLogLeads() throws Exception {
    try (Program program = underSystemd().start("--listen-port=0", "--log.format=text")) {
      awaitServing(program);
      assertThat(program.log()).allMatch(line -> line.matches("\\d{4}-.*Z [A-Z]+ +\\S.*"));
    }
    try (Program program = launch().start("--listen-port=0", "--log.format=Journal")) {
      awaitServing(program);
      assertThat(program.log()).allMatch(line -> line.matches("<[3-7]>[A-Z].*"));
    }
  }

  @Test
  void whatEndsTheStartIsAnErrorToTheJournalAndInJson() throws Exception {
    try (Program program = underSystemd().start("--listen-port=x")) {
      assertThat(program.awaitExit()).isEqualTo(2);
      assertThat(program.log())
          .containsExactly("<3>--listen-port=x: must be a whole number from 0 to 65535");
    }
    try (Program running = launch().serve();
        Program program = launch().start("--listen-port=" + running.port(), "--log.format=json")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.log().getLast())
          .contains("\"level\":\"error\",\"msg\":\"cannot listen on [::]:" + running.port());
    }
  }
}
