package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many endpoints as the heap allows, all in use, scraped in all formats at once. */
@KernelTest
final class LargestScrapeTest {
  private static final Pattern MOST = Pattern.compile("from 1 to (\\d+), as the Java heap is");
  private static final int MOST_RESIDENT_KIB = 200_000_000 / 1024;

  /** With what the compilers take while they are at work, and give back. */
  private static final int MOST_AT_ANY_TIME_KIB = 240_000_000 / 1024;

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> FORMATS =
      List.of(
          "Accept: text/plain;version=0.0.4",
          "Accept: application/openmetrics-text;version=1.0.0",
          "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
              + "encoding=delimited");
  private static final List<String> CODINGS =
      List.of("Accept-Encoding: identity", "Accept-Encoding: gzip");

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void noScrapeOfTheMostEndpointsThatAreAcceptedRunsOutOfMemory() throws Exception {
    scrapeAll("--resync-interval=30s");
  }

  @Test
  void norIfEachHasTheLongestName() throws Exception {
    Path names = Files.writeString(folder.resolve("names"), "10.0.0.0/8 " + "n".repeat(253));
    scrapeAll("--names=" + names);
  }

  private void scrapeAll(String option) throws Exception {
    int endpoints = mostEndpoints(option);
    try (Program program = Launch.in(namespace).serve("--max-endpoints=" + endpoints, option);
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(0, endpoints).mapToObj(LargestScrapeTest::toServer));
      Await.until(
          "all endpoints",
          LIMIT,
          () -> program.awaitScrape().value("conntrack_exporter_endpoints"),
          shown -> shown == endpoints);

      assertThat(statusesOfAllAtOnce(program)).contains(200).isSubsetOf(200, 503);
      for (String format : FORMATS) {
        assertThat(program.get("/metrics", format).status()).as(format).isEqualTo(200);
      }
      Scrape scrape = program.awaitScrape();
      assertThat(scrape.value("conntrack_exporter_flows{kind=\"counted\"}")).isEqualTo(endpoints);
      assertThat(scrape.value("conntrack_exporter_events_lost_total")).isZero();
      assertThat(scrape.value("conntrack_exporter_reader_failures_total")).isZero();
      assertThat(program.status("VmHWM")).isLessThan(MOST_AT_ANY_TIME_KIB);
      Await.until(
          "less to be resident",
          () -> program.status("VmRSS"),
          residentKib -> residentKib < MOST_RESIDENT_KIB);
    }
  }

  /** The bound that the error tells. */
  private int mostEndpoints(String option) throws Exception {
    try (Program program = Launch.in(namespace).start("--max-endpoints=999999999", option)) {
      assertThat(program.awaitExit()).isEqualTo(2);
      Matcher matcher = MOST.matcher(String.join("\n", program.log()));
      assertThat(matcher.find()).isTrue();
      return Integer.parseInt(matcher.group(1));
    }
  }

  private static SyntheticFlow toServer(int index) {
    String server = "10.%d.%d.%d".formatted(index >> 16, (index >> 8) & 255, index & 255);
    return SyntheticFlow.of(Tuple.tcp("192.0.2.1", 40000, server, 443));
  }

  /** Who comes when memory or time is short gets 503. */
  private static List<Integer> statusesOfAllAtOnce(Program program) throws Exception {
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(FORMATS.size() * CODINGS.size())) {
      for (String format : FORMATS) {
        for (String coding : CODINGS) {
          answers.add(clients.submit(() -> program.get("/metrics", format, coding).status()));
        }
      }
    }
    List<Integer> statuses = new ArrayList<>();
    for (Future<Integer> answer : answers) {
      statuses.add(answer.get());
    }
    return statuses;
  }
}
