package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --rules} of the built program. */
@KernelTest
final class RulesTest {
  private static final Path EXAMPLE = Path.of("examples/rules.yaml");
  private static final String HERE = "10.7.0.1";

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @BeforeEach
  void connect() {
    namespace.sh("ip address add " + HERE + "/32 dev lo");
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(
          to("10.0.1.5", 5432),
          to("10.0.1.6", 5432),
          to("10.0.1.5", 80),
          to("10.0.2.9", 30001),
          to("10.0.2.9", 30002),
          to("10.0.2.9", 22),
          from("10.0.3.3", 443),
          from("10.0.4.4", 443),
          from("10.0.4.5", 443),
          from("10.0.4.4", 22));
    }
  }

  private static SyntheticFlow to(String address, int port) {
    return SyntheticFlow.of(Tuple.tcp(HERE, 40000, address, port));
  }

  private static SyntheticFlow from(String address, int port) {
    return SyntheticFlow.of(Tuple.tcp(address, 50000, HERE, port));
  }

  /** Without the scrapes' own connections. */
  private static Map<String, String> hosts(Scrape scrape) {
    Map<String, String> hosts = new TreeMap<>(scrape.hosts());
    hosts.keySet().removeIf(host -> host.startsWith("127."));
    return hosts;
  }

  @Test
  void theExampleDoesWhatItsCommentsSay() throws Exception {
    try (Program program =
        Launch.in(namespace).start("--once", "--rules=" + EXAMPLE.toAbsolutePath())) {
      assertThat(program.awaitExit()).as(program.log().toString()).isZero();
      assertThat(Scrape.ofText(program.output()).hosts())
          .isEqualTo(
              Map.of(
                  "payments-db", Scrape.states(0, 2, 0, 0),
                  "10.0.1.5:80", Scrape.states(0, 1, 0, 0),
                  "10.0.2.9", Scrape.states(0, 2, 0, 0),
                  "10.0.2.9:22", Scrape.states(0, 1, 0, 0),
                  "10.0.4.0/24", Scrape.states(0, 2, 0, 0),
                  "10.0.4.4", Scrape.states(0, 1, 0, 0)));
    }
  }

  /** As docs/queries.md has it. */
  @Test
  void whoIsRefusedAtAPortOfThisHostIsOneSeries() throws Exception {
    Path rules =
        Files.writeString(
            folder.resolve("rules.yaml"),
            "rules: [{direction: inbound, port: 443, group: our-https}]\n");
    try (Hosts hosts = Hosts.create();
        Traffic clients = Traffic.in(hosts.b());
        Program program = Launch.in(hosts.a()).serve("--rules=" + rules)) {
      hosts.a().trackConnections();
      for (int i = 0; i < 5; i++) {
        clients.connectRefused(Hosts.A_IPV4, 443);
      }
      clients.connectRefused(Hosts.A_IPV4, 444);
      String failed = "conntrack_connections_failed_total{host=\"%s\",reason=\"refused\"}";
      Await.untilEqual(
          "the refused", 5.0, () -> program.scrape().value(failed.formatted("our-https")));
      assertThat(program.scrape().value(failed.formatted("other"))).isEqualTo(1);
    }
  }

  @Test
  void theFileIsReadAgainWhenItChangesAndABadOneIsRefused() throws Exception {
    Path rules = Files.copy(EXAMPLE, folder.resolve("rules.yaml"));
    try (Program program =
        Launch.in(namespace).serve("--rules=" + rules, "--endpoint-retention=0s")) {
      assertThat(program.awaitLog("5 rules are in force, of " + rules)).hasSize(1);
      replace(rules, "rules: [{network: 10.0.0.0/8, group: inside}]");
      Await.untilEqual(
          "the hosts shown",
          Map.of("inside", Scrape.states(0, 10, 0, 0)),
          () -> hosts(program.scrape()));

      replace(rules, "rules:\n- {network: 10.0.0.0/8, group: other}\n");
      Await.untilEqual(
          "success",
          0.0,
          () -> program.scrape().value("conntrack_exporter_rules_last_reload_success"));
      assertThat(hosts(program.scrape())).containsOnlyKeys("inside");
      assertThat(program.log("WARN"))
          .singleElement()
          .asString()
          .endsWith(
              rules
                  + " is refused, and the rules from before stay: line 2, column 32: the"
                  + " name 'other' is taken: it sums what exceeds --max-endpoints;"
                  + " choose another one");
    }
  }

  @Test
  void onHangupTheFileIsReadAgainAtOnce() throws Exception {
    Path rules = Files.copy(EXAMPLE, folder.resolve("rules.yaml"));
    try (Program program = Launch.in(namespace).serve("--rules=" + rules)) {
      program.signal("HUP");
      Await.until("the reload", () -> !program.log("in force, as SIGHUP asks").isEmpty());
      program.signal("HUP");
      Await.until("the next", () -> program.log("in force, as SIGHUP asks").size() == 2);
      assertThat(program.scrape().value("conntrack_exporter_rules_last_reload_success"))
          .isEqualTo(1);
    }
  }

  @Test
  void withoutAFileHangupChangesNothing() throws Exception {
    try (Program program = Launch.in(namespace).serve()) {
      program.signal("HUP");
      Await.until("the word", () -> !program.log("SIGHUP: there is no file").isEmpty());
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }

  private void replace(Path rules, String text) throws Exception {
    Path next = Files.writeString(folder.resolve("next"), text);
    Files.move(next, rules, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aBadFileAtTheStartIsABadOption() throws Exception {
    Path rules = Files.writeString(folder.resolve("rules.yaml"), "rules:\n- {port: 80, grup: a}\n");
    try (Program program = Launch.in(namespace).start("--rules=" + rules)) {
      assertThat(program.awaitExit()).isEqualTo(2);
      assertThat(program.log())
          .containsExactly(
              "conntrack-exporter: --rules="
                  + rules
                  + ": line 2, column 14: unknown key 'grup'; a rule has network, port, direction"
                  + " or protocol, and one of group, prefix and action");
    }
  }

  @Test
  void withoutRulesNothingThatReadsThemIsLoaded() throws Exception {
    Path loaded = folder.resolve("loaded");
    String log = "-Xlog:class+load:file=" + loaded;
    try (Program program = Launch.in(namespace).with("JAVA_OPTS", log).serve()) {
      program.scrape();
      assertThat(Files.readString(loaded))
          .contains("io.conntrack.exporter.reading.ReadingLoop ")
          .doesNotContain("org.snakeyaml", "exporter.rules.RulesParser", "exporter.files.Yaml");
    }
  }
}
