package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Standard error is a pipe that nobody reads, and it is full before the program starts. */
@KernelTest
final class StuckLogTest {
  /** Fills the pipe, whatever size the kernel gives it, and keeps its reading end open. */
  private static final String STUCK =
      """
      fifo=$(mktemp -u)
      mkfifo "$fifo"
      exec 3<>"$fifo" 2>"$fifo"
      rm "$fifo"
      timeout 1 dd if=/dev/zero bs=4096 count=1000 >&2 2>/dev/null || :
      exec "$@"
      """;

  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 1024, "192.0.2.1", 443));

  private static final int PORT = 9318;

  @AutoClose private final Namespace namespace = Namespace.create();

  private static boolean isServing(Program program) {
    try {
      return program.get(PORT, "/metrics").status() == 200;
    } catch (UncheckedIOException e) {
      return false; // it does not listen yet
    }
  }

  @Test
  void itServesCountsAndEndsAllTheSame() throws Exception {
    try (FlowWriter writer = FlowWriter.in(namespace);
        Program program =
            Launch.in(namespace)
                .through("sh", "-c", STUCK, "sh")
                .start("--listen-port=" + PORT, "--netlink-buffer=64KiB", "--debug")) {
      Await.until("a scrape", () -> isServing(program));
      program.signal("STOP");
      for (int i = 0; i < 20_000; i++) {
        writer.create(FLOW.client(i));
      }
      program.signal("CONT");
      Await.until(
          "an overrun, and the connections after it",
          () -> {
            String text = program.get(PORT, "/metrics").text();
            return text.contains("conntrack_open_connections{host=\"192.0.2.1:443\"} 20000.0")
                && !text.contains("conntrack_exporter_overruns_total 0.0");
          });
      assertThat(program.get(PORT, "/-/healthy").status()).isEqualTo(200);
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(2));
      assertThat(program.awaitExit()).isZero();
    }
  }
}
