package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Certificates;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --web.config.file} of the built program. */
@KernelTest
final class WebConfigTest {
  private static final int PORT = 9318;
  private static final String PAIR = "cert_file: server.pem, key_file: server.key";
  private static final String TLS = "tls_server_config: {" + PAIR + "}\n";
  private static final String MTLS =
      "tls_server_config: {"
          + PAIR
          + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}\n";

  /** The user ann has the password fakepassword. */
  private static final String USERS =
      "basic_auth_users: {ann: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}\n";

  private static final String SUCCESS = "conntrack_exporter_web_config_last_reload_success ";
  private static final int MOST_RESIDENT_KIB = 150_000_000 / 1024;

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();
  private Certificates certificates;

  @BeforeEach
  void certificates() throws IOException {
    certificates = new Certificates(folder);
    certificates.issue("server", "rsa:2048", "DNS:localhost,IP:127.0.0.1");
    certificates.issue("client", "ec -pkeyopt ec_paramgen_curve:P-256", "DNS:prometheus.example");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("web.yml"), text);
  }

  private Program serve(String text) throws IOException {
    Program program =
        Launch.in(namespace)
            .start("--web.listen-address=127.0.0.1:" + PORT, "--web.config.file=" + write(text));
    program.addresses(1);
    return program;
  }

  private String curl(String options) {
    return namespace.sh(
        "cd '%s'; curl --silent --show-error --max-time 10 --cacert ca.pem %s 2>&1 || true"
            .formatted(folder, options));
  }

  @Test
  void prometheusScrapesByClientCertificateAndPassword() throws Exception {
    Prometheus.require();
    try (Program program = serve(MTLS + USERS)) {
      assertThat(program.awaitLog("TLS is on, and passwords are asked for")).hasSize(1);
      assertThat(program.awaitLog("Serving metrics at https://127.0.0.1:" + PORT + "/metrics"))
          .hasSize(1);
      Prometheus prometheus =
          Prometheus.startWith(
              namespace,
              folder,
              PORT,
              "scheme: https, tls_config: { ca_file: ca.pem, cert_file: client.pem, key_file:"
                  + " client.key }, basic_auth: { username: ann, password: fakepassword }, ");
      prometheus.awaitValue("up", "1");
      prometheus.awaitValue("conntrack_exporter_web_config_last_reload_success", "1");
      prometheus.awaitValue(
          "time() - conntrack_exporter_web_config_last_reload_success_timestamp_seconds < bool 300",
          "1");
    }
  }

  @Test
  void aNewCertificateIsShownWithoutARestartAndABadOneIsNot() throws Exception {
    try (Program program = serve(TLS)) {
      String first = serial();
      certificates.issue(
          "next", "ec -pkeyopt ec_paramgen_curve:P-256", "DNS:localhost,IP:127.0.0.1");
      replace("next.pem", "server.pem");
      Await.until("the refusal", () -> !program.log("is refused").isEmpty());
      assertThat(program.log("is refused"))
          .singleElement()
          .asString()
          .contains("web.yml is refused, and all stays as before: line 1, column 54: key_file")
          .contains("this is not the key of the first certificate of cert_file 'server.pem'");
      assertThat(serial()).isEqualTo(first);
      assertThat(curl("https://127.0.0.1:" + PORT + "/metrics")).contains(SUCCESS + "0.0");

      replace("next.key", "server.key");
      Await.until("the next certificate", () -> !serial().equals(first));
      assertThat(program.awaitLog("is in force, since " + folder.resolve("server.key"))).hasSize(1);
      assertThat(curl("https://127.0.0.1:" + PORT + "/metrics")).contains(SUCCESS + "1.0");

      program.signal("HUP");
      Await.until("the reload", () -> !program.log("in force, as SIGHUP asks").isEmpty());
      write("");
      program.signal("HUP");
      Await.until("the refusal", () -> program.log("is refused").size() == 2);
      assertThat(program.log("is refused").getLast())
          .endsWith("TLS cannot be turned off while the exporter runs; start it again");
    }
  }

  private void replace(String source, String target) throws IOException {
    Files.move(folder.resolve(source), folder.resolve(target), StandardCopyOption.REPLACE_EXISTING);
  }

  private String serial() {
    return namespace.sh(
        "openssl s_client -connect 127.0.0.1:%d </dev/null 2>/dev/null | openssl x509 -noout -serial"
            .formatted(PORT));
  }

  @Test
  void aPasswordThatHasChangedCountsAtOnce() throws Exception {
    String scrape = "-o /dev/null -w '%{http_code}' -u ann:fakepassword http://127.0.0.1:" + PORT;
    try (Program program = serve(USERS)) {
      assertThat(curl(scrape)).isEqualTo("200");
      write(USERS.replace("ann", "bob"));
      program.signal("HUP");
      Await.until("the refusal", () -> curl(scrape).equals("401"));
      write(USERS.replace("LDeSi", "XXXXX"));
      program.signal("HUP");
      Await.until("the reload", () -> program.log("as SIGHUP asks").size() == 2);
      assertThat(curl(scrape)).isEqualTo("401");
    }
  }

  @Test
  void aWrongFileIsABadOption() throws Exception {
    Path file = write("tls_server_config:\n  cert_file: server.pem\n  key_fil: server.key\n");
    try (Program program = Launch.in(namespace).start("--web.config.file=" + file)) {
      assertThat(program.awaitExit()).isEqualTo(2);
      assertThat(program.log())
          .singleElement()
          .asString()
          .startsWith(
              "conntrack-exporter: --web.config.file="
                  + file
                  + ": line 3, column 3: unknown key 'key_fil'; tls_server_config has cert_file,");
    }
    Files.delete(file);
    try (Program program = Launch.in(namespace).start("--web.config.file=" + file)) {
      assertThat(program.awaitExit()).isEqualTo(2);
      assertThat(program.log())
          .containsExactly(
              "conntrack-exporter: --web.config.file=" + file + ": there is no such file");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", TLS, USERS, TLS + USERS, MTLS, MTLS + USERS})
  void healthCheckAndCheckKnowTheExporter(String text) throws Exception {
    String[] options = {
      "--web.listen-address=127.0.0.1:" + PORT, "--web.config.file=" + folder.resolve("web.yml")
    };
    try (Program daemon = serve(text)) {
      try (Program health = Launch.in(namespace).start(with("--health-check", options))) {
        assertThat(health.awaitExit()).as("exit code; log: %s", health.log()).isZero();
      }
      try (Program check = Launch.in(namespace).start(with("check", options))) {
        check.awaitExit();
        assertThat(check.output()).contains("is taken by an exporter that runs already");
      }
      assertThat(daemon.log("WARN")).noneMatch(line -> line.contains("refused"));
    }
    try (Program health = Launch.in(namespace).start(with("--health-check", options))) {
      assertThat(health.awaitExit()).isEqualTo(1);
    }
  }

  private static String[] with(String first, String... rest) {
    List<String> all = new ArrayList<>(List.of(rest));
    all.addFirst(first);
    return all.toArray(String[]::new);
  }

  @Test
  void clientsThatBeginAHandshakeAndStopKeepNobodyOut() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (Program program = serve(TLS)) {
      for (int i = 0; i < 600; i++) {
        Socket client = HttpAnswer.connect(namespace, "127.0.0.1", PORT);
        clients.add(client);
        client.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1});
      }
      Await.until(
          "a scrape",
          Duration.ofSeconds(30),
          () -> curl("-o /dev/null -w '%{http_code}' https://127.0.0.1:" + PORT + "/metrics"),
          "200"::equals);
      assertThat(program.status("VmHWM")).isLessThan(MOST_RESIDENT_KIB);
      assertThat(
              program.log("is refused").stream()
                  .filter(line -> !line.contains("tracks no"))
                  .toList())
          .isEmpty();
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  @Test
  void withoutTheOptionNothingOfItIsLoaded() throws Exception {
    Path loaded = folder.resolve("loaded");
    String log = "-Xlog:class+load:file=" + loaded;
    try (Program program = Launch.in(namespace).with("JAVA_OPTS", log).serve()) {
      program.scrape();
      assertThat(Files.readString(loaded))
          .contains("io.conntrack.exporter.reading.ReadingLoop ")
          .doesNotContain(
              "javax.net.ssl",
              "sun.security.ssl",
              "org.snakeyaml",
              "org.springframework",
              "exporter.web.Tls",
              "exporter.web.WebParser",
              "exporter.web.Passwords",
              "exporter.http.Guard");
    }
  }
}
