package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.OpenFiles;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.Socket;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The reader fails, since the system gives it no more sockets. */
@KernelTest
final class ReaderFailureTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));
  private static final String FAILED = "The reader failed and starts again in ";
  private static final String CAUSE = "open failed: Too many open files (errno=24)";

  /** All of these are in use. It is what poll(2) needs to wait for the reader's four. */
  private static final int NO_MORE = 4;

  @AutoClose private final Namespace namespace = Namespace.create();

  /** Asks over a connection that is there already, and stays. */
  private static String ready(Socket connection) throws IOException {
    String request = "GET /-/ready HTTP/1.1\r\nHost: test\r\n\r\n";
    connection.getOutputStream().write(request.getBytes(ISO_8859_1));
    String head = "";
    while (!head.endsWith("\r\n\r\n")) {
      byte[] next = connection.getInputStream().readNBytes(1);
      assertThat(next).as("what follows on: %s", head).hasSize(1);
      head += (char) next[0];
    }
    String length =
        head.toLowerCase(Locale.ROOT)
            .split("content-length: ", -1)[1]
            .lines()
            .findFirst()
            .orElseThrow();
    byte[] body = connection.getInputStream().readNBytes(Integer.parseInt(length));
    return head + new String(body, ISO_8859_1);
  }

  @Test
  void theReaderBeginsAnewAndIsRightAgain() throws Exception {
    try (Program program = Launch.in(namespace).serve("--resync-interval=100ms");
        Socket connection = HttpAnswer.connect(namespace, "127.0.0.1", program.port());
        FlowWriter writer = FlowWriter.in(namespace)) {
      assertThat(ready(connection)).startsWith("HTTP/1.1 200 ");
      OpenFiles.limit(program.pid(), NO_MORE);
      Await.until("a failure", () -> !program.log(FAILED).isEmpty());
      OpenFiles.limit(program.pid(), 1_024); // before the third
      String meanwhile = ready(connection);
      writer.create(IntStream.range(0, 100).mapToObj(FLOW::client));

      assertThat(meanwhile).matches("(?s)HTTP/1.1 (200 .*|503 .*The reader failed.*errno=24.*)");
      program.awaitReady();
      Await.untilEqual(
          "the connections shown",
          Map.of("192.0.2.1:443", Scrape.states(0, 100, 0, 0)),
          () -> program.scrape().hosts());
      Scrape scrape = program.scrape();
      assertThat(scrape.value("conntrack_exporter_reader_failures_total"))
          .isEqualTo(program.log(FAILED).size());
      assertThat(scrape.value("conntrack_exporter_in_sync")).isEqualTo(1);
      assertThat(program.log("ERROR")).allMatch(line -> line.endsWith(CAUSE));
    }
  }

  @Test
  void theThirdFailureInAMinuteEndsTheProcess() throws Exception {
    try (Program program = Launch.in(namespace).serve("--resync-interval=100ms")) {
      OpenFiles.limit(program.pid(), NO_MORE);
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.log("ERROR")).hasSize(3).allMatch(line -> line.endsWith(CAUSE));
      assertThat(program.awaitLog(FAILED + "100 ms")).hasSize(1);
      assertThat(program.awaitLog(FAILED + "400 ms")).hasSize(1);
    }
  }
}
