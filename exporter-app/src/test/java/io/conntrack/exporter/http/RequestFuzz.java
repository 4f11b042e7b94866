package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.junit.FuzzTest;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Whatever a client sends, it gets an answer that is not the exporter's failure, or none; and the
 * next client is served. The client says all it has to say at once, so that nobody waits.
 */
class RequestFuzz {
  private static final int ANSWER_MS = 25_000;
  private static final BuildInfo BUILD = new BuildInfo("1.2.3", "1a2b3c4", "25");
  private static final byte[] PROBE =
      "GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1);

  private static MetricsServer server;

  @BeforeAll
  static void start() throws IOException {
    Observation observation = Observations.small();
    Scrapes scrapes = new Scrapes(0);
    Router router =
        new Router(
            Pages.of(
                "/metrics",
                timeout -> observation,
                BUILD,
                FamilyOptions.PLAIN,
                scrapes,
                Live.of(timeout -> observation)),
            "/metrics",
            scrapes);
    server =
        MetricsServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            router,
            WebFiles.NONE,
            scrapes);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @FuzzTest
  void answer(byte[] request) throws IOException {
    // Jazzer takes a connection for a finding, until it is told which ones are meant.
    BugDetectors.allowNetworkConnections((host, port) -> port == server.port());
    String answer = answerTo(request);
    if (!answer.isEmpty()) {
      assertThat(answer).matches("(?s)HTTP/1\\.1 [1-5]\\d\\d .*").doesNotStartWith("HTTP/1.1 500");
    }
    assertThat(answerTo(PROBE)).startsWith("HTTP/1.1 200 ");
  }

  private static String answerTo(byte[] request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(ANSWER_MS);
      socket.getOutputStream().write(request);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    } catch (SocketException e) {
      return ""; // the server closed while there was more to read
    }
  }
}
