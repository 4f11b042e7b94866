package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.http.MetricsServer;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.web.WebFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of a server, and what is said of answers that have no data. */
final class ExporterSourceTest {
  private static final EndpointQuery QUERY = new EndpointQuery("failed", false, 5, "a b&c");

  @TempDir private Path folder;

  /** The exporter's own: the JDK's server reads its limits once for all tests. */
  private MetricsServer server;

  private volatile HttpHandler handler = exchange -> exchange.sendResponseHeaders(404, -1);
  private final AtomicReference<String> asked = new AtomicReference<>("");

  @BeforeEach
  void start() throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    server =
        MetricsServer.start(
            address, exchange -> handler.handle(exchange), WebFiles.NONE, new Scrapes(0));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void answer(int status, String text) {
    handler =
        exchange -> {
          asked.set(
              exchange.getRequestURI()
                  + " "
                  + exchange
                      .getRequestHeaders()
                      .getOrDefault("Authorization", java.util.List.of()));
          byte[] bytes = text.getBytes(UTF_8);
          exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        };
  }

  private String url(String userAt) {
    return "http://" + userAt + "127.0.0.1:" + URI.create(server.url()).getPort();
  }

  private static ExporterSource source(String... words) throws UsageException, IOException {
    String[] all = Stream.concat(Stream.of("top"), Stream.of(words)).toArray(String[]::new);
    var settings = Options.parse(all, Map.of()).top();
    return ExporterSource.of(settings.where().url().orElseThrow(), settings);
  }

  @Test
  void theQuestionIsThatOfThePageAndTheAnswerComesAsItIs() throws Exception {
    answer(200, "{\"ü\":1}");
    assertThat(source("--url=" + url("") + "/metrics").ask(QUERY)).isEqualTo("{\"ü\":1}");
    assertThat(asked)
        .hasValue("/-/endpoints?sort=failed&order=descending&limit=5&filter=a+b%26c []");
  }

  @Test
  void aUserAndPasswordGoWithItButAreShownNowhere() throws Exception {
    answer(200, "{}");
    ExporterSource source = source("--url=" + url("me:se%20cret@") + "/prefix/");
    source.ask(QUERY);
    assertThat(asked.get())
        .startsWith("/prefix/-/endpoints?")
        .endsWith(" [Basic bWU6c2UgY3JldA==]");
    assertThat(source.title()).isEqualTo(url("") + "/prefix");

    Path file = Files.writeString(folder.resolve("password"), "se cret\nother\n");
    source("--url=" + url("me@"), "--password-file=" + file).ask(QUERY);
    assertThat(asked.get()).endsWith(" [Basic bWU6c2UgY3JldA==]");
    assertThatThrownBy(() -> source("--url=" + url(""), "--password-file=" + file))
        .hasMessageContaining("needs a user in the URL");
    assertThatThrownBy(() -> source("--url=" + url("me@"), "--password-file=/absent"))
        .hasMessageStartingWith("--password-file=/absent cannot be read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | | wants a user and a password. Give both: --url=http://USER:PASSWORD@HOST",
        "404 | no | has no /-/endpoints (status 404). An exporter has none if it is older",
        "302 | | answers with status 302",
        "400 | sort=x is wrong. | answers with status 400: sort=x is wrong.",
        "429 | slow down | answers with status 429: slow down",
        "503 | The first resync is not done. | is not ready: The first resync is not done.",
      })
  void aRefusalIsTold(int status, String text, String told) throws Exception {
    answer(status, text == null ? "" : text + "\n\u001b[31mmore");
    ExporterSource source = source("--url=" + url(""));
    assertThatThrownBy(() -> source.ask(QUERY))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(url("") + " " + told);
  }

  @Test
  void aForeignServerIsNoExporter() throws Exception {
    answer(200, "<html>");
    ExporterSource source = source("--url=" + url(""));
    assertThatThrownBy(source::probe).hasMessageContaining("It is no conntrack-exporter");
  }

  @Test
  void anAnswerWithoutEndIsCut() throws Exception {
    answer(200, "[" + " ".repeat(9 << 20));
    ExporterSource source = source("--url=" + url(""));
    assertThatThrownBy(() -> source.ask(QUERY)).hasMessageContaining("answers with more than 8 MB");
  }

  @Test
  void whereNobodyListensTheRemedyIsTold() throws Exception {
    ExporterSource source = source("--url=" + url(""));
    server.close();
    assertThatThrownBy(() -> source.ask(QUERY))
        // JDK 27 adds that it was the connect.
        .hasMessageMatching(
            "cannot ask "
                + url("")
                + ": Connection refused( \\(connect failed\\))?\\. Start an exporter there,"
                + " or name another one by --url");
  }
}
