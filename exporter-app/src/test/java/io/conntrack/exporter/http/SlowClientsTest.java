package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.web.WebFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that hold a connection and do nothing must not be noticed by the others. */
class SlowClientsTest {
  private static final Duration SOON = Duration.ofSeconds(2);

  private final List<Socket> slow = new ArrayList<>();
  private MetricsServer server;
  private HttpProbe probe;

  @BeforeEach
  void start() throws IOException {
    Observation observation = Observations.large(20_000); // 4 MB: too much for the sockets
    Scrapes scrapes = new Scrapes(0);
    Router router =
        new Router(
            Pages.of(
                "/metrics",
                timeout -> observation,
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
  void stop() throws IOException {
    for (Socket socket : slow) {
      socket.close();
    }
    server.close();
  }

  private void connect(int clients, String request) throws IOException {
    for (int i = 0; i < clients; i++) {
      Socket socket = probe.connect();
      slow.add(socket);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
    }
  }

  private void assertThatAScrapeIsAnsweredSoon() throws IOException {
    long startedNs = System.nanoTime();
    assertThat(probe.request("GET", "/metrics").status()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - startedNs)).isLessThan(SOON);
  }

  @Test
  void clientsThatSendNothing() throws IOException {
    connect(200, "");
    assertThatAScrapeIsAnsweredSoon();
  }

  @Test
  void clientsThatSendHalfARequest() throws IOException {
    connect(200, "GET /metrics HTTP/1.1\r\nHos");
    assertThatAScrapeIsAnsweredSoon();
  }

  @Test
  void clientsThatDoNotReadTheirAnswer() throws IOException {
    connect(10, "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
    for (Socket socket : slow) {
      // What is measured is the sending: so all answers have begun, and none can end.
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }
    assertThatAScrapeIsAnsweredSoon();
  }

  @Test
  void aClientThatSendsHalfARequestIsCutOff() throws IOException {
    connect(1, "GET /metrics HTTP/1.1\r\nHos");
    assertThat(slow.getFirst().getInputStream().read()).isEqualTo(-1);
  }
}
