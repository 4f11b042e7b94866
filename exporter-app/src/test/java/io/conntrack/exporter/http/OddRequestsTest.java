package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.live.Live;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.web.WebFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that no scraper sends. */
class OddRequestsTest {
  private static final String END = " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
  private static final Duration AT_ONCE = Duration.ofSeconds(4);

  private MetricsServer server;
  private HttpProbe probe;

  @BeforeEach
  void start() throws IOException {
    Observation observation = Observations.small();
    Scrapes scrapes = new Scrapes(0);
    Router router =
        new Router(
            Pages.of(
                "/metrics",
                timeout -> observation,
                new BuildInfo("1", "2", "3"),
                FamilyOptions.PLAIN,
                scrapes,
                Live.of(timeout -> observation)),
            "/metrics",
            scrapes);
    server = MetricsServer.start(new InetSocketAddress(0), router, WebFiles.NONE, scrapes);
    probe = new HttpProbe(InetAddress.getLoopbackAddress(), server.port());
  }

  @AfterEach
  void stopWhenAScrapeWasStillAnswered() throws IOException {
    assertThat(probe.request("GET", "/metrics").status()).isEqualTo(200);
    server.close();
  }

  /** What comes back until the server closes; nothing if it closes amid the request. */
  private String answer(String request) throws IOException {
    try (Socket socket = probe.connect()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    } catch (SocketException reset) {
      return "";
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "GET /metrics", "\u0016\u0003\u0001\u0002", "GET /%zz HTTP/1.1"})
  void whatIsNoHttpIs400(String line) throws IOException {
    assertThat(answer(line + "\r\n\r\n")).startsWith("HTTP/1.1 400 Bad Request\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "Content-Length: -1, 400",
    "Content-Length: x, 400",
    "Transfer-Encoding: gzip, 501",
    "Na me: x, 400"
  })
  void aHeaderThatCannotBeMeantIsRefused(String header, int status) throws IOException {
    assertThat(answer("GET /metrics HTTP/1.1\r\n" + header + "\r\n\r\n"))
        .startsWith("HTTP/1.1 " + status + " ");
  }

  @ParameterizedTest
  @CsvSource({"BREW, 405", "get, 405", "TRACE, 405", "PATCH, 405"})
  void methodsThatNobodyKnowsAre405(String method, int status) throws IOException {
    assertThat(answer(method + " /metrics" + END)).startsWith("HTTP/1.1 " + status + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics?collect[]=x", "http://elsewhere/metrics", "/%6detrics"})
  void otherSpellingsOfThePathAreThePath(String path) throws IOException {
    String spelled = path.replace("[]", "%5B%5D");
    assertThat(answer("GET " + spelled + END)).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "metrics", "//metrics", "/metrics/../metrics", "/metrics%00"})
  void whatOnlyLooksLikeThePathIsRefused(String path) throws IOException {
    // JDK 27 says 400 to some of these.
    assertThat(answer("GET " + path + END)).matches("(?s)HTTP/1\\.1 40[04] .*");
  }

  @Test
  void requestLinesAndHeadersOfAUsualLengthAreTaken() throws IOException {
    String usual = "x".repeat(3_000);
    String headers =
        " HTTP/1.1\r\nHost: test\r\nCookie: " + usual + "\r\nConnection: close\r\n\r\n";
    assertThat(answer("GET /metrics?" + usual + headers)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void requestLinesAndHeadersWithoutEndAreCutOff() throws IOException {
    String endless = "x".repeat(1 << 20);
    assertThat(answer("GET /" + endless + END)).isEmpty();
    assertThat(answer("GET /metrics HTTP/1.1\r\nCookie: " + endless + "\r\n\r\n")).isEmpty();
    assertThat(answer("GET /metrics HTTP/1.1\r\n" + "a: b\r\n".repeat(100_000) + "\r\n")).isEmpty();
  }

  @Test
  void requestsThatAreSentTogetherAreAnsweredInTheirOrder() throws IOException {
    String keepAlive = " HTTP/1.1\r\nHost: test\r\n\r\n";
    String answers =
        answer("GET /-/healthy" + keepAlive + "HEAD /" + keepAlive + "GET /nowhere" + END);
    assertThat(answers.lines().filter(line -> line.startsWith("HTTP/1.1 ")))
        .containsExactly("HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found");
  }

  @Test
  void aBodyThatNobodyAskedForIsPassedOver() throws IOException {
    String withBody = " /metrics HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n0123456789";
    String answers = answer("GET" + withBody + "POST" + withBody + "GET /nowhere" + END);
    assertThat(answers.lines().filter(line -> line.startsWith("HTTP/1.1 ")))
        .containsExactly(
            "HTTP/1.1 200 OK", "HTTP/1.1 405 Method Not Allowed", "HTTP/1.1 404 Not Found");
  }

  @Test
  void aBodyThatIsAnnouncedAndNeverSentHoldsUpNoAnswer() throws IOException {
    try (Socket socket = probe.connect()) {
      String head = "POST /metrics HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n";
      long startedNs = System.nanoTime();
      socket.getOutputStream().write(head.getBytes(ISO_8859_1));
      byte[] status = socket.getInputStream().readNBytes(12);
      assertThat(new String(status, ISO_8859_1)).isEqualTo("HTTP/1.1 405");
      assertThat(Duration.ofNanos(System.nanoTime() - startedNs)).isLessThan(AT_ONCE);
    }
  }
}
