package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Certificates;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real node_exporter and this program with the same web configuration files: both take or
 * refuse a file, and both answer the same requests alike. Debian's unstable suite has node_exporter
 * 1.11 or newer.
 */
@KernelTest
final class WebConfigComparisonTest {
  private static final String NODE_EXPORTER = "prometheus-node-exporter";
  private static final int PORT = 9100;
  private static final String REFUSED = "refused";

  /** What this program says where the file has no policy. */
  private static final String OWN_POLICY = "default-src 'none'; script-src 'self'.*$";

  /** What of an answer is compared. */
  private static final String CURL =
      "curl --silent --insecure --max-time 10 --http1.1 --output /dev/null --write-out"
          + " '%{http_code} %header{www-authenticate} %header{x-frame-options}"
          + " %header{strict-transport-security} %header{content-security-policy}'";

  private static final Pattern S_CLIENT =
      Pattern.compile("New, (\\S+), Cipher is (\\S+)|(?:Server|Peer) Temp Key: (\\w+)");

  @TempDir private static Path folder;
  private static Namespace namespace;
  private static Path nodeExporter;

  @BeforeAll
  static void prepare() throws IOException {
    nodeExporter = Tool.ofSuite("unstable", NODE_EXPORTER, NODE_EXPORTER);
    namespace = Namespace.create();
    Certificates certificates = new Certificates(folder);
    certificates.issue("server", "rsa:2048", "DNS:localhost,IP:127.0.0.1");
    certificates.issue("ec", "ec -pkeyopt ec_paramgen_curve:P-256", "DNS:localhost");
    certificates.issue("client", "rsa:2048", "DNS:prometheus.example,IP:2001:db8::1");
    certificates.issue("mail", "ec -pkeyopt ec_paramgen_curve:P-256", "email:ann@example.org");
    certificates.issue("uri", "ec -pkeyopt ec_paramgen_curve:P-256", "URI:spiffe://example/ann");
    certificates.openssl("rsa -in server.key -traditional -out server.pkcs1.key");
    certificates.openssl("ec -in ec.key -out ec.sec1.key");
    certificates.openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=stranger -keyout stranger.key -out"
            + " stranger.pem");
  }

  @AfterAll
  static void end() {
    if (namespace != null) {
      namespace.close();
    }
  }

  static Stream<WebConfigTable.Row> table() {
    return WebConfigTable.rows();
  }

  @ParameterizedTest
  @MethodSource("table")
  void bothAnswerAlike(WebConfigTable.Row row) throws Exception {
    Path file = Files.writeString(folder.resolve("web.yml"), row.file());
    List<String> theirs = ofNodeExporter(file, row);
    List<String> ours = ofThisProgram(file, row);
    assertThat(ours).as("requests: %s", row.requests()).isEqualTo(theirs);
    assertThat(ours).isEqualTo(row.expected());
  }

  private static List<String> ofNodeExporter(Path file, WebConfigTable.Row row) throws Exception {
    Path log = folder.resolve("node_exporter.log");
    Process process =
        namespace.exec(
            new ProcessBuilder(
                    nodeExporter.toString(),
                    "--collector.disable-defaults",
                    "--web.listen-address=127.0.0.1:" + PORT,
                    "--web.config.file=" + file)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile()));
    try {
      Await.until("node_exporter", () -> !process.isAlive() || listens());
      return process.isAlive()
          ? row.requests().stream().map(WebConfigComparisonTest::ask).toList()
          : List.of(REFUSED);
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  private static List<String> ofThisProgram(Path file, WebConfigTable.Row row) throws Exception {
    try (Program program =
        Launch.in(namespace)
            .start("--web.listen-address=127.0.0.1:" + PORT, "--web.config.file=" + file)) {
      Await.until("the program", () -> program.hasEnded() || listens());
      if (program.hasEnded()) {
        assertThat(program.awaitExit()).isEqualTo(2);
        return List.of(REFUSED);
      }
      return row.requests().stream().map(WebConfigComparisonTest::ask).toList();
    }
  }

  private static boolean listens() {
    return !namespace.sh("ss -Hltn 'sport = :" + PORT + "'").isEmpty();
  }

  /** The outcome in few words. */
  private static String ask(String request) {
    String[] words = request.split(" ", 2);
    String options = words.length > 1 ? words[1] : "";
    if (words[0].equals("s_client")) {
      return handshake(options);
    }
    String output =
        namespace.sh(
            "cd '%s'; %s %s %s://127.0.0.1:%d/ || true"
                .formatted(folder, CURL, options, words[0], PORT));
    // The realm is the program's own.
    String answer =
        output
            .replaceAll("Basic( realm=\"[^\"]*\")?", "Basic")
            .replaceFirst(OWN_POLICY, "")
            .strip();
    return answer.equals("000") ? REFUSED : answer.replaceAll(" +", " ");
  }

  private static String handshake(String options) {
    // Newer versions of both sides have groups that Java has not.
    String groups = options.contains("-groups") ? "" : " -groups X25519:P-256:P-384";
    String output =
        namespace.sh(
            "cd '%s'; openssl s_client -connect 127.0.0.1:%d %s </dev/null 2>&1 || true"
                .formatted(folder, PORT, options + groups));
    return String.join(
        " ",
        S_CLIENT
            .matcher(output)
            .results()
            .map(found ->
                found.group(1) != null ? found.group(1) + " " + found.group(2) : found.group(3))
            .toList());
  }
}
