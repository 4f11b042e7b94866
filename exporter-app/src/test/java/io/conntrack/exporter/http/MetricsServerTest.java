package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.ScrapeCounts;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.live.Live;
import io.conntrack.exporter.live.LivePages;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UnavailableException;
import io.conntrack.exporter.web.WebFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsServerTest {
  private static final BuildInfo BUILD = new BuildInfo("1.2.3", "1a2b3c4", "25");

  /** The first method of {@link ObservationSource}. */
  private interface Await {
    Observation await(Duration timeout) throws UnavailableException;
  }

  private final AtomicReference<Await> source =
      new AtomicReference<>(timeout -> Observations.small());
  private volatile Duration still = Duration.ZERO;
  private MetricsServer server;
  private HttpProbe probe;

  @BeforeEach
  void start() throws IOException {
    server = serve("/metrics");
    probe = new HttpProbe(InetAddress.getLoopbackAddress(), server.port());
  }

  private MetricsServer serve(String path) throws IOException {
    return serve(path, Live.of(timeout -> source.get().await(timeout)));
  }

  private MetricsServer serve(String path, Optional<LivePages> live) throws IOException {
    ObservationSource current =
        new ObservationSource() {
          @Override
          public Observation await(Duration timeout) throws UnavailableException {
            return source.get().await(timeout);
          }

          @Override
          public Duration stillFor() {
            return still;
          }
        };
    Scrapes scrapes = new Scrapes(0);
    Router router =
        new Router(
            Pages.of(path, current, BUILD, FamilyOptions.PLAIN, scrapes, live), path, scrapes);
    return MetricsServer.start(new InetSocketAddress(0), router, WebFiles.NONE, scrapes);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void bothFamiliesAreAnswered(String address) throws IOException {
    HttpProbe.Response response =
        new HttpProbe(InetAddress.ofLiteral(address), server.port()).request("GET", "/metrics");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-type"))
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    assertThat(response.text())
        .contains("conntrack_open_connections{host=\"10.0.1.5:3306\"} 2.0\n");
  }

  @Test
  void aBrowserGetsText() throws IOException {
    assertThat(
            probe.request("GET", "/metrics", "Accept: text/html,*/*;q=0.8").header("content-type"))
        .startsWith("text/plain; version=0.0.4");
  }

  @Test
  void prometheusGetsWhatItPrefers() throws IOException {
    String accept =
        "Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5";
    assertThat(probe.request("GET", "/metrics", accept).header("content-type"))
        .isEqualTo("application/openmetrics-text; version=1.0.0; charset=utf-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/openmetrics-text;q=0,text/plain",
        "application/openmetrics-text; version=1.0.0; Q=0.000 , text/plain;q=0.5",
        "text/plain,application/openmetrics-text;q=0;version=1.0.0"
      })
  void aFormatThatIsRefusedIsNotSent(String accept) throws IOException {
    assertThat(probe.request("GET", "/metrics", "Accept: " + accept).header("content-type"))
        .startsWith("text/plain; version=0.0.4");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.1", "0.001", "1"})
  void aFormatOfLittleWeightIsNotRefused(String weight) throws IOException {
    String accept = "Accept: application/openmetrics-text;version=1.0.0;q=" + weight;
    assertThat(probe.request("GET", "/metrics", accept).header("content-type"))
        .startsWith("application/openmetrics-text");
  }

  @Test
  void aClientThatTakesGzipGetsTheSameMetricsPacked() throws IOException {
    HttpProbe.Response plain = probe.request("GET", "/metrics");
    HttpProbe.Response packed = probe.request("GET", "/metrics", "Accept-Encoding: deflate, gzip");
    assertThat(packed.header("content-encoding")).isEqualTo("gzip");
    assertThat(packed.bytes().length).isLessThan(plain.bytes().length / 2);
    byte[] body = new GZIPInputStream(new ByteArrayInputStream(packed.bytes())).readAllBytes();
    assertThat(withoutScrapes(new String(body, UTF_8))).isEqualTo(withoutScrapes(plain.text()));
  }

  /** Of which each shows one more than that before. */
  private static List<String> withoutScrapes(String text) {
    return text.lines().filter(line -> !line.startsWith("conntrack_exporter_scrape")).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"name[]", "name%5B%5D"})
  void aScrapeCanNameTheFamiliesThatItWants(String parameter) throws IOException {
    String query =
        String.join(
            "&",
            parameter + "=conntrack_open_connections",
            parameter + "=conntrack%5Fexporter_overruns_total",
            parameter + "=no_such_family",
            "other=1");
    assertThat(probe.request("GET", "/metrics?" + query).text().lines())
        .filteredOn(line -> !line.startsWith("#"))
        .containsExactly(
            "conntrack_exporter_overruns_total 2.0",
            "conntrack_open_connections{host=\"10.0.1.12:8080\"} 0.0",
            "conntrack_open_connections{host=\"10.0.1.5:3306\"} 2.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"name[]=%", "name[]=%zz", "%2=1", "x=1&name[]=a%"})
  void aQueryWithABrokenEscapeIsRefused(String query) throws IOException {
    assertThat(probe.request("GET", "/metrics?" + query).status()).isEqualTo(400);
  }

  @Test
  void aLargeAnswerArrivesWhole() throws IOException {
    Observation large = Observations.large(5_000);
    source.set(timeout -> large);
    HttpProbe.Response response = probe.request("GET", "/metrics");
    assertThat(response.header("content-length")).isEqualTo("" + response.bytes().length);
    assertThat(response.text().lines().filter(line -> line.contains("{host=\"10.1.")))
        .hasSize(7 * 5_000 + 1) // for each four gauges and three counters; one has ended
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({
    "/metrics?name[]=conntrack_open_connections, identity",
    "/metrics?name[]=conntrack_open_connections, gzip",
    "/, identity",
    "/nowhere, identity"
  })
  void headHasTheHeadersOfGetAndNoBody(String path, String encoding) throws IOException {
    HttpProbe.Response get = probe.request("GET", path, "Accept-Encoding: " + encoding);
    HttpProbe.Response head = probe.request("HEAD", path, "Accept-Encoding: " + encoding);
    assertThat(head.status()).isEqualTo(get.status());
    assertThat(head.body()).isEmpty();
    for (String name : new String[] {"content-type", "content-length", "content-encoding"}) {
      assertThat(head.header(name)).isEqualTo(get.header(name));
    }
    assertThat(get.header("content-length")).isEqualTo("" + get.bytes().length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void otherMethodsAre405AndTellWhatIsAllowed(String method) throws IOException {
    HttpProbe.Response response = probe.request(method, "/metrics", "Content-Length: 0");
    assertThat(response.status()).isEqualTo(405);
    assertThat(response.header("allow")).isEqualTo("GET, HEAD");
    assertThat(response.text()).isEqualTo("This page can only be read: use GET or HEAD.\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metric", "/metrics/", "/metrics/x", "/-/", "/favicon.ico"})
  void anUnknownPathIs404AndTellsWhereTheMetricsAre(String path) throws IOException {
    HttpProbe.Response response = probe.request("GET", path);
    assertThat(response.status()).isEqualTo(404);
    assertThat(response.text()).isEqualTo("There is no such page. The metrics are at /metrics.\n");
  }

  @Test
  void withoutAWholeStateTheAnswerIs503AndTellsWhy() throws IOException {
    source.set(timeout -> {
      throw new UnavailableException("The first resync is not done yet.");
    });
    for (String path : new String[] {"/metrics", "/-/ready"}) {
      HttpProbe.Response response = probe.request("GET", path);
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.header("content-type")).isEqualTo("text/plain; charset=utf-8");
      assertThat(response.text()).isEqualTo("The first resync is not done yet.\n");
    }
    assertThat(probe.request("GET", "/-/healthy").status()).isEqualTo(200);
  }

  @Test
  void aFailureIs500WithoutAStackTrace() throws IOException {
    source.set(timeout -> {
      throw new IllegalStateException("the reader failed");
    });
    HttpProbe.Response response = probe.request("GET", "/metrics");
    assertThat(response.status()).isEqualTo(500);
    assertThat(response.text()).isEqualTo("The exporter failed to answer. Its log says why.\n");
  }

  @Test
  void aReaderThatHangsIsNotHealthy() throws IOException {
    still = Duration.ofSeconds(16);
    HttpProbe.Response response = probe.request("GET", "/-/healthy");
    assertThat(response.status()).isEqualTo(503);
    assertThat(response.text())
        .isEqualTo("The reader has not moved for 16 s. Only a restart helps.\n");
  }

  @Test
  void healthyAndReadyAre200WhenAllIsWell() throws IOException {
    assertThat(probe.request("GET", "/-/healthy").text()).isEqualTo("The exporter is healthy.\n");
    assertThat(probe.request("GET", "/-/ready").text()).isEqualTo("The exporter is ready.\n");
  }

  @Test
  void thePageLeadsToTheMetricsAndItsFilesAreThere() throws IOException {
    HttpProbe.Response response = probe.request("GET", "/?sort=open");
    assertThat(response.header("content-type")).isEqualTo("text/html; charset=utf-8");
    assertThat(response.text())
        .contains("10.0.1.5:3306", "href=\"metrics\"", "src=\"-/page.js\"")
        .contains("href=\"-/style.css\"");
    assertThat(probe.request("GET", "/-/style.css").header("content-type"))
        .isEqualTo("text/css; charset=utf-8");
    assertThat(probe.request("GET", "/-/page.js").header("content-type"))
        .isEqualTo("text/javascript; charset=utf-8");
    assertThat(probe.request("GET", "/-/endpoints").header("content-type"))
        .isEqualTo("application/json; charset=utf-8");
    assertThat(probe.request("GET", "/-/sources?limit=0").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/?limit=0", "/-/endpoints?limit=0"})
  void aWrongQueryIsABadRequest(String path) throws IOException {
    HttpProbe.Response response = probe.request("GET", path);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.text())
        .isEqualTo("limit=0 is wrong. It must be a number from 1 to 1000.\n");
  }

  @Test
  void thePageOfEndpointsCanBeTurnedOff() throws IOException {
    try (MetricsServer other = serve("/metrics", Optional.empty())) {
      HttpProbe there = new HttpProbe(InetAddress.getLoopbackAddress(), other.port());
      assertThat(there.request("GET", "/").text())
          .contains("href=\"metrics\"", "1.2.3")
          .doesNotContain("10.0.1.5", "<script");
      assertThat(there.request("GET", "/-/endpoints").status()).isEqualTo(404);
      assertThat(there.request("GET", "/-/page.js").status()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics", "/-/style.css", "/nowhere"})
  void noAnswerLetsABrowserLoadOrRunOrTellAnything(String path) throws IOException {
    HttpProbe.Response response = probe.request("GET", path);
    assertThat(response.header("content-security-policy"))
        .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
        .contains("frame-ancestors 'none'");
    assertThat(response.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(response.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(response.header("server")).isNull();
    assertThat(response.text()).doesNotContain("<style", " style=", "<script>");
  }

  @Test
  void theHomePageIsThereWhenTheMetricsAreNot() throws IOException {
    source.set(timeout -> {
      throw new UnavailableException("<The reader> has ended.");
    });
    HttpProbe.Response response = probe.request("GET", "/");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.text()).contains("Not ready", "&lt;The reader&gt; has ended.");
  }

  @Test
  void theMetricsMayTakeThePlaceOfTheHomePage() throws IOException {
    try (MetricsServer other = serve("/")) {
      assertThat(
              new HttpProbe(InetAddress.getLoopbackAddress(), other.port())
                  .request("GET", "/")
                  .text())
          .startsWith("# HELP");
    }
  }

  @Test
  void theUrlHasTheRealPort() {
    assertThat(server.url()).isEqualTo("http://localhost:" + server.port()).doesNotEndWith(":0");
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, 127.0.0.1", "::1, [::1]"})
  void theUrlHasTheAddressThatWasAskedFor(String address, String inUrl) throws IOException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.ofLiteral(address), 0);
    try (MetricsServer other =
        MetricsServer.start(loopback, exchange -> {}, WebFiles.NONE, new Scrapes(0))) {
      assertThat(other.url()).isEqualTo("http://" + inUrl + ":" + other.port());
    }
  }

  @Test
  void aPortInUseIsToldWithWhatToDo() {
    InetSocketAddress taken = new InetSocketAddress(server.port());
    assertThatThrownBy(
            () -> MetricsServer.start(taken, exchange -> {}, WebFiles.NONE, new Scrapes(0)))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot listen on [::]:%d: Address already in use. Choose another port or address;"
                + " 'ss -ltnp' shows who listens",
            server.port());
  }

  @Test
  void requestsOneAfterAnotherShareAFewThreads() throws IOException {
    for (int i = 0; i < 50; i++) {
      probe.request("GET", "/-/healthy");
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().equals("http"))
        .hasSizeLessThan(25);
  }

  @Test
  void aRequestThatNoThreadCanBeHadForIsCounted() {
    Scrapes scrapes = new Scrapes(0);
    ThreadFactory none =
        task ->
            new Thread(task) {
              @Override
              public void start() {
                throw new OutOfMemoryError("unable to create native thread");
              }
            };
    MetricsServer.Threads threads = new MetricsServer.Threads(1, none, scrapes);
    threads.execute(() -> {});
    threads.execute(() -> {});
    assertThat(ScrapeCounts.rejected(scrapes, Rejection.NO_THREAD)).isEqualTo(2);
  }

  @Test
  void afterClosingThePortIsFree() throws IOException {
    server.close();
    MetricsServer.start(
            new InetSocketAddress(server.port()), exchange -> {}, WebFiles.NONE, new Scrapes(0))
        .close();
  }
}
