package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.ScrapeCounts;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.web.WebFiles;
import io.conntrack.testbed.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a scrape shows of those before it. */
class ScrapesTest {
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile ObservationSource source = timeout -> Observations.small();
  private Scrapes scrapes;
  private MetricsServer server;
  private HttpProbe probe;

  private void serve(int maxRequests) throws IOException {
    scrapes = new Scrapes(maxRequests);
    Router router =
        new Router(
            Pages.of(
                "/metrics",
                timeout -> source.await(timeout),
                new BuildInfo("1", "2", "3"),
                FamilyOptions.PLAIN,
                scrapes,
                Optional.empty()),
            "/metrics",
            scrapes);
    server = MetricsServer.start(new InetSocketAddress(0), router, WebFiles.NONE, scrapes);
    probe = new HttpProbe(InetAddress.getLoopbackAddress(), server.port());
  }

  @AfterEach
  void stop() {
    answered.countDown();
    server.close();
  }

  private List<String> lines(String beginning) throws IOException {
    HttpProbe.Response response = probe.request("GET", "/metrics");
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    return response.text().lines().filter(line -> line.startsWith(beginning)).toList();
  }

  /** A scrape may end a moment after its last byte came. */
  private void awaitEnd() {
    Await.until("the end of all scrapes", () -> ScrapeCounts.inFlight(scrapes) == 0);
  }

  private void awaitLine(String line) {
    Await.until(
        line,
        () -> {
          try {
            return lines(line).size() == 1;
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void aScrapeIsCountedWhenItIsAnswered() throws Exception {
    serve(0);
    assertThat(lines("conntrack_exporter_scrapes_"))
        .containsExactly(
            "conntrack_exporter_scrapes_total{code=\"200\"} 0.0",
            "conntrack_exporter_scrapes_total{code=\"500\"} 0.0",
            "conntrack_exporter_scrapes_total{code=\"503\"} 0.0",
            "conntrack_exporter_scrapes_in_flight 1.0");
    awaitEnd();
    HttpProbe.Response second = probe.request("GET", "/metrics");
    assertThat(second.text())
        .contains("scrapes_total{code=\"200\"} 1.0", "scrape_duration_seconds_count 1\n");
    awaitEnd();
    assertThat(sentBytes(probe.request("GET", "/metrics")) - sentBytes(second))
        .isEqualTo(second.bytes().length);
  }

  private static double sentBytes(HttpProbe.Response response) {
    String name = "conntrack_exporter_scrape_bytes_total ";
    return response
        .text()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  @Test
  void otherPagesAndMethodsAreNoScrapesAndAHeadHasNoBytes() throws Exception {
    serve(0);
    for (String path : List.of("/", "/-/healthy", "/nowhere")) {
      probe.request("GET", path);
    }
    probe.request("POST", "/metrics");
    assertThat(probe.request("HEAD", "/metrics").status()).isEqualTo(200);
    awaitEnd();
    HttpProbe.Response response = probe.request("GET", "/metrics");
    assertThat(response.text()).contains("scrapes_total{code=\"200\"} 1.0");
    assertThat(sentBytes(response)).isZero();
  }

  @Test
  void scrapesWithoutAnObservationOrWithAFaultAreCountedToo() throws Exception {
    serve(0);
    source =
        timeout -> {
          throw new UnavailableException("Not yet.");
        };
    assertThat(probe.request("GET", "/metrics").status()).isEqualTo(503);
    source =
        timeout -> {
          throw new IllegalStateException("a fault");
        };
    assertThat(probe.request("GET", "/metrics").status()).isEqualTo(500);
    source = timeout -> Observations.small();
    awaitLine("conntrack_exporter_scrapes_total{code=\"503\"} 1.0");
    awaitLine("conntrack_exporter_scrapes_total{code=\"500\"} 1.0");
    awaitLine("conntrack_exporter_requests_rejected_total{reason=\"max_requests\"} 0.0");
  }

  @Test
  void moreScrapesThanAreAllowedAreRefused() throws Exception {
    serve(2);
    source = this::slow;
    try (Socket first = scrape();
        Socket second = scrape()) {
      Await.until("both scrapes", () -> ScrapeCounts.inFlight(scrapes) == 2);
      assertThat(probe("/metrics").text())
          .isEqualTo(
              "The exporter answers 2 scrapes at once, as --web.max-requests says. Try again"
                  + " later.\n");
      assertThat(probe("/-/healthy").status()).isEqualTo(200);
      answered.countDown();
      assertThat(first.getInputStream().read()).isEqualTo('H');
      assertThat(second.getInputStream().read()).isEqualTo('H');
    }
    Await.until("room", () -> probe("/metrics").status() == 200);
    assertThat(lines("conntrack_exporter_requests_rejected_total{reason=\"max_requests\"}"))
        .noneMatch(line -> line.endsWith(" 0.0"));
  }

  private HttpProbe.Response probe(String path) {
    try {
      return probe.request("GET", path);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Socket scrape() throws IOException {
    Socket client = probe.connect();
    client.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
    return client;
  }

  private Observation slow(Duration timeout) {
    try {
      answered.await();
      return Observations.small();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
