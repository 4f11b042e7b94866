package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The event log through a pipe: while it is read, when its reader goes, and when nobody reads. */
@KernelTest
final class EventLogTest {
  private static final String HOST = "192.0.2.1:443";
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));
  private static final String DROPPED = "conntrack_exporter_log_dropped_total";

  private final Namespace namespace = Namespace.create();
  private final FlowWriter writer = FlowWriter.in(namespace);

  @AfterEach
  void close() {
    try (namespace;
        writer) {
      // Only to be closed.
    }
  }

  private void create(int from, int to) {
    writer.create(IntStream.range(from, to).mapToObj(FLOW::client));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          netfilter | event=new        ipv4     2 tcp      6 3600 ESTABLISHED src=127.0.0.1 dst=
          json      | {"event_type":"new","original_source_host":"127.0.0.1:10000","original_dest
          """)
  void aLineArrivesWithinATenthOfASecondOfItsEvent(String format, String start) throws Exception {
    try (Program program = launch().serve("-e", "-f", format)) {
      Lines lines = Lines.of(program.pipe());
      create(0, 1);
      assertThat(lines.next().text()).startsWith(start);

      long[] delaysNs =
          LongStream.range(1, 22).map(i -> delayNs((int) i, lines)).sorted().toArray();
      assertThat(Duration.ofNanos(delaysNs[delaysNs.length / 2]))
          .isLessThan(Duration.ofMillis(100));
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(1));
    }
  }

  private long delayNs(int flow, Lines lines) {
    long startedNs = System.nanoTime();
    create(flow, flow + 1);
    try {
      return lines.next().arrivedNs() - startedNs;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whenTheReaderGoesAwayItGoesOnServingAndSaysSoOnce() throws Exception {
    try (Program program = launch().serve("-e")) {
      create(0, 1);
      InputStream pipe = program.pipe();
      Await.until("a line in the pipe", () -> isWaiting(pipe));
      pipe.close();
      create(1, 11);
      Await.until("the loss to be logged", () -> !program.log("ERROR").isEmpty());
      create(11, 21);
      Await.untilEqual("events dropped", 20.0, () -> program.scrape().value(DROPPED));
      assertThat(program.scrape().hosts()).containsEntry(HOST, Scrape.states(0, 21, 0, 0));
      assertThat(program.awaitLog("ERROR")).hasSize(1);
      assertThat(program.awaitLog("ERROR").getFirst())
          .contains("Events cannot be logged: Broken pipe");
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(1));
      assertThat(program.awaitExit()).isZero();
    }
  }

  private static boolean isWaiting(InputStream pipe) {
    try {
      return pipe.available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whenNobodyReadsItGoesOnServingAndCountsWhatItDrops() throws Exception {
    try (Program program = launch().serve("-e", "-f", "json")) {
      create(0, 40_000);
      Await.untilEqual(
          "the connections shown",
          Scrape.states(0, 40_000, 0, 0),
          () -> program.scrape().hosts().get(HOST));
      Scrape scrape = program.scrape();
      assertThat(scrape.value(DROPPED)).isBetween(10_000.0, 39_000.0);
      assertThat(scrape.value("conntrack_exporter_overruns_total")).isZero();
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(1));
      assertThat(program.awaitExit()).isZero();
    }
  }

  private Launch launch() {
    return Launch.in(namespace).outputTo(Redirect.PIPE);
  }
}
