package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real connections of host A, in every state and both directions, as a scrape of A shows them. */
@KernelTest
final class ScrapeTest {
  private static final String OPENMETRICS =
      "Accept: application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5";
  private static final String PROTOBUF =
      "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
          + "encoding=delimited";

  /** By host: "opening open closing closed". */
  private static final Map<String, String> EXPECTED = new TreeMap<>();

  private static Hosts hosts;
  private static Traffic ofA;
  private static Traffic ofB;
  private static Program program;

  @BeforeAll
  static void startAmidConnections() throws IOException {
    hosts = Hosts.create();
    ofA = Traffic.in(hosts.a());
    ofB = Traffic.in(hosts.b());
    ServerSocket early = ofB.listen(Hosts.B_IPV4, 0);
    ofA.connect(early);
    program = Launch.in(hosts.a()).serve();
    ofA.connect(early);
    EXPECTED.put("10.77.0.2:" + early.getLocalPort(), Scrape.states(0, 2, 0, 0));
    connectInEveryOtherState();
    connectInbound();
    Await.untilEqual("the connections shown", EXPECTED, () -> cabled(program.scrape()));
  }

  private static void connectInEveryOtherState() throws IOException {
    ServerSocket closing = ofB.listen(Hosts.B_IPV6, 0);
    ofA.connect(closing);
    ofA.connect(closing).halfCloseClient();
    EXPECTED.put("[fd77::2]:" + closing.getLocalPort(), Scrape.states(0, 1, 1, 0));

    ServerSocket reset = ofB.listen(Hosts.B_IPV4, 0);
    Connection closed = ofA.connect(reset);
    EXPECTED.put("10.77.0.2:" + reset.getLocalPort(), Scrape.states(0, 0, 0, 1));
    // Else the kernel forgets it after 10 s, in which a busy machine may not be done.
    hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_close", 300);
    closed.reset();

    ofB.dropRequests(9);
    ofA.connectUnanswered(Hosts.B_IPV4, 9);
    EXPECTED.put("10.77.0.2:9", Scrape.states(1, 0, 0, 0));
  }

  private static void connectInbound() throws IOException {
    ServerSocket inbound = ofA.listen(Hosts.A_IPV4, 0);
    ofB.connect(inbound);
    ofB.connect(inbound);
    EXPECTED.put("10.77.0.2", Scrape.states(0, 2, 0, 0));
  }

  @AfterAll
  static void end() {
    close(hosts, ofB, ofA, program);
  }

  /** In reverse order; what was not opened is null. */
  private static void close(Hosts host, Traffic one, Traffic other, Program running) {
    try (host;
        one;
        other;
        running) {
      // Only to be closed.
    }
  }

  /** What goes over the cable: the scrapes' own connections over loopback are shown too. */
  private static Map<String, String> cabled(Scrape scrape) {
    Map<String, String> cabled = new TreeMap<>(scrape.hosts());
    cabled.keySet().removeIf(host -> !host.matches("10\\.77\\..*|\\[fd77:.*"));
    return cabled;
  }

  private static HttpAnswer get(String address, String path, String... headers) {
    return HttpAnswer.get(hosts.a(), address, program.port(), path, headers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void aScrapeInTextShowsEveryConnection(String address) {
    HttpAnswer answer = get(address, "/metrics");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(cabled(Scrape.ofText(answer.text()))).isEqualTo(EXPECTED);
  }

  @Test
  void openMetricsHasTheSameNumbers() {
    HttpAnswer answer = get("127.0.0.1", "/metrics", OPENMETRICS);
    assertThat(answer.headers().get("content-type")).startsWith("application/openmetrics-text");
    assertThat(answer.text()).endsWith("\n# EOF\n");
    assertThat(cabled(Scrape.ofText(answer.text()))).isEqualTo(EXPECTED);
  }

  @Test
  void protobufHasTheSameNumbers() {
    Set<String> names = program.scrape().series().keySet();
    HttpAnswer answer = get("127.0.0.1", "/metrics", PROTOBUF);
    assertThat(answer.headers().get("content-type")).startsWith("application/vnd.google.protobuf");
    Scrape scrape = ProtobufScrape.of(answer.bytes());
    assertThat(cabled(scrape)).isEqualTo(EXPECTED);
    assertThat(scrape.series().keySet()).containsAll(names);
  }

  @ParameterizedTest
  @ValueSource(strings = {OPENMETRICS, PROTOBUF, "Accept: */*"})
  void everyFormatCanBeCompressed(String accept) throws IOException {
    HttpAnswer answer = get("127.0.0.1", "/metrics", accept, "Accept-Encoding: gzip");
    assertThat(answer.headers().get("content-encoding")).isEqualTo("gzip");
    byte[] body = new GZIPInputStream(new ByteArrayInputStream(answer.bytes())).readAllBytes();
    Scrape scrape =
        accept.equals(PROTOBUF) ? ProtobufScrape.of(body) : Scrape.ofText(new String(body, UTF_8));
    assertThat(cabled(scrape)).isEqualTo(EXPECTED);
  }

  @Test
  void scrapesAreCounted() {
    String answered = "conntrack_exporter_scrapes_total{code=\"200\"}";
    double before = program.scrape().value(answered);
    Await.until("two more", () -> program.scrape().value(answered) >= before + 2);
    assertThat(program.scrape().value("conntrack_exporter_scrape_duration_seconds_sum"))
        .isPositive();
  }

  @Test
  void healthIsTold() {
    assertThat(get("127.0.0.1", "/-/healthy").status()).isEqualTo(200);
    assertThat(get("127.0.0.1", "/-/ready").status()).isEqualTo(200);
  }

  @Test
  void theHomePageLeadsToTheMetricsAndTellsTheVersion() {
    HttpAnswer home = get("::1", "/");
    assertThat(home.status()).isEqualTo(200);
    assertThat(home.headers().get("content-type")).startsWith("text/html");
    assertThat(home.text()).contains("href=\"metrics\"", System.getProperty("version"), "in sync");
  }

  @Test
  void anyOtherPathSaysWhereTheMetricsAre() {
    HttpAnswer answer = get("127.0.0.1", "/metric");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.text()).contains("/metrics");
  }

  @Test
  void itListensOnEachAddressThatIsGivenAndOnNoOther() {
    String[] options = {
      "--web.listen-address=127.0.0.1:0",
      "--web.listen-address=[::1]:0",
      "--web.telemetry-path=/prometheus"
    };
    try (Program two = Launch.in(hosts.a()).start(options)) {
      List<URI> addresses = two.addresses(2);
      assertThat(addresses).extracting(URI::getHost).containsExactly("127.0.0.1", "[::1]");
      assertThat(addresses).extracting(URI::getPath).containsOnly("/prometheus");
      two.awaitReady();
      int ipv4Port = addresses.get(0).getPort();
      int ipv6Port = addresses.get(1).getPort();
      for (HttpAnswer answer :
          List.of(
              HttpAnswer.get(hosts.a(), "127.0.0.1", ipv4Port, "/prometheus"),
              HttpAnswer.get(hosts.a(), "::1", ipv6Port, "/prometheus"))) {
        assertThat(cabled(Scrape.ofText(answer.text()))).isEqualTo(EXPECTED);
      }
      String listening = hosts.a().sh("ss -Hltnp | grep pid=" + two.pid() + ",");
      assertThat(listening.lines()).hasSize(2);
    }
  }
}
