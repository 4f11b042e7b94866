package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.packaging.PseudoTerminal.End;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Certificates;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Traffic;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code top} by the built program, in a pseudo terminal and without one, amid connections. */
@KernelTest
final class TopTest {
  /**
   * An answer with names as no exporter has them: one would clear the screen, one has wide letters.
   */
  private static final String HOSTILE =
      """
      {"version":1,"time":"\\u001b[5m","rate_seconds":2,"exporter_version":"\\u0007","matching":2,
       "namespaces":[{"netns":"\\u001b[2J","in_sync":true,"resync_age_seconds":1,"lost_events":0,
         "connections":0,"endpoints":0,"endpoints_limit":0,"problem":"\\r\\n\\u009b31m"}],
       "endpoints":[
         {"labels":{"host":"\\u001b[2J\\u001b]0;title\\u0007data\\u202e"},
          "opening":1,"open":0,"closing":0,"closed":0,"opened":{},"failed":{},"ended":{}},
         {"labels":{"host":"データベース"},
          "opening":1,"open":0,"closing":0,"closed":0,"opened":{},"failed":{},"ended":{}}]}
      """;

  private static final String SERVER =
      """
      import http.server, sys
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              self.send_response(200)
              self.end_headers()
              self.wfile.write(open(sys.argv[2], "rb").read())
          def log_message(self, *words):
              pass
      http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
      """;

  @TempDir private static Path folder;
  private static Hosts hosts;
  private static Traffic ofA;
  private static Traffic ofB;
  private static Program program;
  private static String url;

  @BeforeAll
  static void startAmidConnections() throws IOException {
    hosts = Hosts.create();
    hosts.a().sysctl("net.netfilter.nf_conntrack_events", 1);
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
    ofA = Traffic.in(hosts.a());
    ofB = Traffic.in(hosts.b());
    ServerSocket open = ofB.listen(Hosts.B_IPV4, 0);
    for (int i = 0; i < 3; i++) {
      ofA.connect(open);
    }
    ofA.connect(ofB.listen(Hosts.B_IPV6, 0)).halfCloseClient();
    ofB.dropRequests(9);
    ofA.connectUnanswered(Hosts.B_IPV4, 9);
    program = Launch.in(hosts.a()).serve("--accounting", "--histograms");
    url = "--url=http://127.0.0.1:" + program.port();
  }

  @AfterAll
  static void stop() {
    if (hosts != null) {
      program.close();
      ofA.close();
      ofB.close();
      hosts.close();
    }
  }

  private static PseudoTerminal terminal(int rows, int columns, String... options) {
    return terminal(rows, columns, Map.of(), options);
  }

  private static PseudoTerminal terminal(
      int rows, int columns, Map<String, String> variables, String... options) {
    String[] words = Stream.concat(Stream.of("top"), Stream.of(options)).toArray(String[]::new);
    return PseudoTerminal.start(hosts.a(), rows, columns, variables, words);
  }

  /** What it prints without a terminal. */
  private static String print(int exitCode, String... options) throws Exception {
    String[] words = Stream.concat(Stream.of("top"), Stream.of(options)).toArray(String[]::new);
    try (Program top = Launch.in(hosts.a()).start(words)) {
      assertThat(top.awaitExit()).as("exit code; log: %s", top.log()).isEqualTo(exitCode);
      return top.output() + String.join("\n", top.log());
    }
  }

  /** The four states by host, without the question's own connections. */
  private static Map<String, String> states(List<String> lines) {
    Map<String, String> states = new TreeMap<>();
    for (String line : lines) {
      String[] words = line.replaceFirst("^[▲!]? +", "").split(" +", -1);
      if (words.length > 4 && words[0].matches("(10|\\[fd77).*")) {
        states.put(words[0], String.join(" ", words[1], words[2], words[3], words[4]));
      }
    }
    return states;
  }

  private static Map<String, String> scraped() {
    Map<String, String> scraped = new TreeMap<>(program.scrape().hosts());
    scraped.keySet().removeIf(host -> !host.matches("(10|\\[fd77).*"));
    return scraped;
  }

  @Test
  void theNumbersOfTheScreenAndOfAPipeAreThoseOfTheMetrics() throws Exception {
    assertThat(scraped()).hasSizeGreaterThanOrEqualTo(3);
    try (PseudoTerminal top = terminal(30, 160, url)) {
      Await.untilEqual("the screen", scraped(), () -> states(top.lines()));
      assertThat(top.lines().getFirst()).endsWith(": " + url.substring(6));
      top.awaitLine("✓ This host: in sync, 0 lost events, kernel's table ");
      assertThat(top.lines()).anyMatch(line -> line.contains("RECEIVED/s   SETUP"));
      top.type("q");
      assertRestored(top.end());
    }
    String table = print(0, url, "--once");
    assertThat(table).startsWith("conntrack-exporter top: http://127.0.0.1:");
    assertThat(table).doesNotContainPattern("[\\p{Cntrl}&&[^\\n]]").doesNotContain("\u202e");
    assertThat(states(table.lines().toList())).isEqualTo(scraped());
  }

  private static void assertRestored(End end) {
    assertThat(end.exitCode()).as(end.output()).isZero();
    assertThat(end.restored()).as("the terminal is as it was").isTrue();
    assertThat(end.output()).contains("\u001b[?1049h", "\u001b[?1049l").doesNotContain("Exception");
  }

  @Test
  void whatFailsIsMarkedByASignAColourAndAReason() throws Exception {
    try (PseudoTerminal top = terminal(24, 80, url);
        PseudoTerminal plain = terminal(24, 80, Map.of("NO_COLOR", "1"), url)) {
      top.awaitLine("  HOST");
      plain.awaitLine("  HOST");
      for (int i = 0; i < 8; i++) {
        ofA.connectRefused(Hosts.B_IPV4, 7);
      }
      assertThat(top.awaitLine("▲ 10.77.0.2:7 ")).contains(" refused");
      plain.awaitLine("▲ 10.77.0.2:7 ");
      top.type("q");
      plain.type("q");
      assertThat(top.end().output()).contains("\u001b[31;1m▲");
      assertThat(plain.end().output()).doesNotContainPattern("\u001b\\[[0-9;]*3[0-7]m");
    }
  }

  @ParameterizedTest
  @CsvSource({"INT, xterm-256color", "TERM, screen", "HUP, xterm", "TERM, linux"})
  void aSignalLeavesTheTerminalAsItWas(String signal, String type) {
    try (PseudoTerminal top = terminal(24, 80, Map.of("TERM", type), url)) {
      top.awaitLine("  HOST");
      top.signal(signal);
      End end = top.end();
      assertThat(end.exitCode()).as(end.output()).isZero();
      assertThat(end.restored()).isTrue();
      assertThat(end.output()).doesNotContain("Exception");
    }
  }

  @Test
  void ctrlCEndsItAndCtrlZAndCtrlBackslashDoNothing() {
    try (PseudoTerminal top = terminal(24, 80, url)) {
      top.awaitLine("  HOST");
      top.type("\u001a\u001c");
      top.type("?");
      top.awaitLine("  q, Ctrl-C");
      top.type("\u0003");
      assertRestored(top.end());
    }
  }

  @Test
  void keysSortFilterPauseAndHelp() {
    try (PseudoTerminal top = terminal(24, 100, url)) {
      top.awaitLine("  HOST");
      top.type("\u001b[C");
      top.await("by ended", lines -> lines.get(2).contains(" by ended, descending."));
      top.type("r");
      top.await("ascending", lines -> lines.get(2).contains(" by ended, ascending."));
      top.type("/fd77\r");
      top.await("the filter", lines -> lines.get(2).contains(" Filter: fd77."));
      Await.until(
          "one endpoint",
          () -> states(top.lines()).keySet().stream().allMatch(h -> h.startsWith("[fd77")));
      top.type("\u001b");
      top.await("no filter", lines -> !lines.get(2).contains("Filter"));
      top.type("p");
      top.await("a pause", lines -> lines.get(2).endsWith(" Paused."));
      top.type("q");
      assertRestored(top.end());
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 20", "3, 10", "1, 1", "50, 220"})
  void aNewSizeIsSeenAndKept(int rows, int columns) {
    try (PseudoTerminal top = terminal(24, 80, url)) {
      top.awaitLine("  HOST");
      top.resize(rows, columns);
      if (rows > 1) {
        top.await("the new size", lines -> lines.stream().anyMatch(line -> !line.isBlank()));
      }
      assertThat(top.lines()).hasSize(rows);
      top.resize(24, 80);
      top.awaitLine("q quit");
      top.type("q");
      assertRestored(top.end());
    }
  }

  @Test
  void namesOfTwoCellsKeepTheColumnsAndHostileOnesDoNothing() throws Exception {
    Path answer = Files.writeString(folder.resolve("hostile.json"), HOSTILE);
    Process server = hosts.a().exec("python3", "-c", SERVER, "61998", answer.toString());
    try {
      Await.until("the server", () -> hosts.a().sh("ss -Htln").contains(":61998"));
      try (PseudoTerminal top = terminal(24, 100, "--url=http://127.0.0.1:61998")) {
        String wide = top.awaitLine("  データベース ");
        String hostile = top.awaitLine("  ?[2J?]0;title?data? ");
        assertThat(top.unknown()).isEmpty();
        // Each letter of it has a second cell, of which the screen's text has none.
        assertThat(hostile.indexOf("  1 ")).isEqualTo(wide.indexOf("  1 ") + 6);
        top.type("q");
        assertRestored(top.end());
      }
      assertThat(print(0, "--url=http://127.0.0.1:61998", "--once"))
          .doesNotContainPattern("[\\p{Cntrl}&&[^\\n]]");
    } finally {
      server.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dumb", ""})
  void aTerminalThatCannotDrawGetsTheTableOnce(String type) {
    try (PseudoTerminal top = terminal(24, 80, Map.of("TERM", type), url)) {
      End end = top.end();
      assertThat(end.exitCode()).isZero();
      assertThat(end.output()).contains("  HOST ").doesNotContain("\u001b");
    }
  }

  @Test
  void jsonIsTheDataOfThePage() throws Exception {
    String document = print(0, url, "--json", "--once", "--sort=host", "--limit=2");
    assertThat(document)
        .startsWith("{\"version\":1,")
        .contains("\"sort\":\"host\",\"ascending\":true,")
        .doesNotContain("\"rate_seconds\":null");
    assertThat(document.lines()).hasSize(1);
    String[] shell = {"sh", "-c", "\"$@\" | head -n 2", "sh"};
    try (Program top =
        Launch.in(hosts.a()).through(shell).start("top", url, "--json", "--interval=2s")) {
      assertThat(top.awaitExit()).isZero();
      assertThat(top.output().lines())
          .hasSize(2)
          .allMatch(line -> line.startsWith("{\"version\":1,"));
    }
  }

  @Test
  void withoutAnExporterItReadsTheKernelItselfAndSaysSo() throws Exception {
    String table = print(0, "--listen-port=9", "--once", "--direction-label");
    assertThat(table)
        .startsWith(
            "conntrack-exporter top: own reading of the kernel, since no exporter can be asked at"
                + " http://127.0.0.1:9, version ");
    assertThat(table).contains("DIRECTION", "outbound");
    try (PseudoTerminal top = terminal(24, 140, "--url=none")) {
      // It knows none from before that have no connection any more.
      Map<String, String> now = scraped();
      now.values().removeIf("0 0 0 0"::equals);
      Await.untilEqual(
          "the screen",
          now,
          () -> {
            Map<String, String> shown = states(top.lines());
            shown.values().removeIf("0 0 0 0"::equals);
            return shown;
          });
      assertThat(top.lines().getFirst()).endsWith(": own reading of the kernel");
      assertThat(hosts.a().sh("ss -Htlnp")).doesNotContain(":9318");
      top.signal("TERM");
      assertRestored(top.end());
    }
  }

  @Test
  void whatItIsGivenByDefaultIsTheExporterThatListensHere() throws Exception {
    assertThat(print(0, "--listen-port=" + program.port(), "--once"))
        .startsWith("conntrack-exporter top: http://127.0.0.1:" + program.port() + ", version ");
  }

  @Test
  void withoutTheCapabilityTheMessageHasBothRemedies() throws Exception {
    Launch launch =
        Launch.in(hosts.a()).withRights("--bounding-set=-net_admin", "--inh-caps=-net_admin");
    try (Program top = launch.start("top", "--listen-port=9", "--once")) {
      assertThat(top.awaitExit()).isEqualTo(1);
      assertThat(top.log("CAP_NET_ADMIN"))
          .singleElement()
          .asString()
          .contains(
              "And no exporter can be asked: cannot ask http://127.0.0.1:9: Connection refused");
    }
  }

  @Test
  void anExporterThatIsGoneIsToldOnTheScreenAndOneThatCannotBeAskedAtTheStart() throws Exception {
    try (Program other = Launch.in(hosts.a()).serve("--web.disable-page")) {
      assertThat(print(1, "--url=http://127.0.0.1:" + other.port()))
          .contains("has no /-/endpoints (status 404).", "--web.disable-page");
    }
    // JDK 27 says what failed with that.
    assertThat(print(1, "--url=http://127.0.0.1:9").replace(" (connect failed)", ""))
        .contains("cannot ask http://127.0.0.1:9: Connection refused. Start an exporter there");
    assertThat(print(2, "--url=db1")).contains("--url=db1: must be http://HOST:PORT");
    List<PseudoTerminal> open = new ArrayList<>();
    try (Program other = Launch.in(hosts.a()).serve()) {
      open.add(terminal(24, 120, "--url=http://127.0.0.1:" + other.port()));
      open.getFirst().awaitLine("  HOST");
    }
    try (PseudoTerminal top = open.getFirst()) {
      top.awaitLine("The table is old. cannot ask http://127.0.0.1:");
      top.type("q");
      assertRestored(top.end());
    }
  }

  @Test
  void aPasswordAndACertificateOfTheExporterAreTaken() throws Exception {
    Certificates certificates = new Certificates(folder);
    certificates.issue("server", "rsa:2048", "DNS:localhost,IP:127.0.0.1");
    Path web = folder.resolve("web.yml");
    Files.writeString(
        web,
        """
        tls_server_config: {cert_file: server.pem, key_file: server.key}
        basic_auth_users: {ann: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}
        """);
    Path password = Files.writeString(folder.resolve("password"), "fakepassword\n");
    String ca = "--ca-file=" + folder.resolve("ca.pem");
    try (Program secure =
        Launch.in(hosts.a()).start("--listen-port=61999", "--web.config.file=" + web)) {
      secure.addresses(1);
      String here = "127.0.0.1:61999";
      assertThat(print(0, "--url=https://ann:fakepassword@" + here, ca, "--once"))
          .startsWith("conntrack-exporter top: https://" + here + ", version ");
      assertThat(print(0, "--url=https://ann@" + here, "--password-file=" + password, "--insecure"))
          .contains("  HOST ");
      assertThat(print(1, "--url=https://" + here, ca)).contains("wants a user and a password");
      assertThat(print(1, "--url=https://ann:x@" + here, ca)).contains("does not take this user");
      assertThat(print(1, "--url=https://ann:x@" + here))
          .contains("--ca-file=FILE names the certificate");
      assertThat(print(1, "--url=http://" + here)).contains("If it speaks https, say so in --url");
    }
  }
}
