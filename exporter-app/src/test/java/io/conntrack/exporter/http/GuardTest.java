package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.exposition.ScrapeCounts;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.exposition.Scrapes.Rejection;
import io.conntrack.exporter.http.HttpProbe.Response;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.testbed.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands before the pages. */
class GuardTest {
  private static final String USERS =
      "basic_auth_users: {ann: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}\n";
  private static final String HEADERS = "http_server_config: {headers: {X-Frame-Options: deny}}\n";

  private final Scrapes scrapes = new Scrapes(0);
  @TempDir private Path folder;
  private WebFile file;
  private MetricsServer server;
  private HttpProbe probe;

  private void serve(String text) throws Exception {
    Path path = Files.writeString(folder.resolve("web.yml"), text);
    file = WebFile.open(Optional.of(path), 20);
    file.follow();
    InetAddress loopback = InetAddress.getLoopbackAddress();
    Router pages = new Router(Map.of("/", request -> Answer.text(200, "Page.")), "/", scrapes);
    Guard guard = new Guard(pages, file, scrapes);
    server = MetricsServer.start(new InetSocketAddress(loopback, 0), guard, file, scrapes);
    probe = new HttpProbe(loopback, server.port());
  }

  @AfterEach
  void close() {
    server.close();
    file.close();
  }

  private Response get(String user, String password) throws IOException {
    String pair = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    return probe.request("GET", "/", "Authorization: Basic " + pair);
  }

  @Test
  void theRightPasswordOpensAndTheRestIsAskedForIt() throws Exception {
    serve(USERS + HEADERS);
    assertThat(get("ann", "fakepassword").status()).isEqualTo(200);
    assertThat(get("ann", "wrong").status()).isEqualTo(401);
    assertThat(get("eve", "fakepassword").status()).isEqualTo(401);
    Response answer = probe.request("GET", "/nothing");
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("www-authenticate")).startsWith("Basic realm=");
    assertThat(answer.header("x-frame-options")).isEqualTo("deny");
    assertThat(answer.text()).startsWith("The exporter");
    for (String header :
        new String[] {"", "Basic", "Basic ", "Basic :", "Basic YQ==", "Basic YQ"}) {
      assertThat(probe.request("GET", "/", "Authorization: " + header).status())
          .as(header)
          .isEqualTo(401);
    }
    assertRejected(Rejection.UNAUTHORIZED, 9);
  }

  @Test
  void whoGuessesIsToldToWaitAndTheRightPasswordThatIsKnownIsNot() throws Exception {
    serve(USERS);
    assertThat(get("ann", "fakepassword").status()).isEqualTo(200);
    Response last = get("ann", "guess");
    for (int i = 0; i < 40 && last.status() == 401; i++) {
      last = get("ann", "guess" + i);
    }
    assertThat(last.status()).isEqualTo(429);
    assertThat(last.header("retry-after")).isEqualTo("1");
    assertThat(ScrapeCounts.rejected(scrapes, Rejection.WRONG_PASSWORDS)).isEqualTo(1);
    assertThat(get("ann", "fakepassword").status()).isEqualTo(200);
  }

  @Test
  void theRateLimitHoldsAndChangesWithTheFile() throws Exception {
    serve(HEADERS + "rate_limit: {interval: 1h, burst: 2}\n");
    assertThat(probe.request("GET", "/").header("x-frame-options")).isEqualTo("deny");
    assertThat(probe.request("GET", "/").status()).isEqualTo(200);
    Response refused = probe.request("GET", "/");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("x-frame-options")).isNull();
    Files.writeString(folder.resolve("web.yml"), HEADERS);
    Await.until("no limit", () -> file.settings().rateLimit().isNone());
    assertThat(probe.request("GET", "/").status()).isEqualTo(200);
    assertRejected(Rejection.RATE_LIMIT, 1);
  }

  /** For this reason, and for no other. */
  private void assertRejected(Rejection reason, long count) {
    assertThat(ScrapeCounts.rejected(scrapes, reason)).isEqualTo(count);
    assertThat(ScrapeCounts.rejected(scrapes)).isEqualTo(count);
  }
}
