package io.conntrack.exporter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.exporter.doctor.Finding.Status;
import io.conntrack.exporter.options.Configuration;
import io.conntrack.exporter.options.Options;
import io.conntrack.exporter.rules.RulesFile;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.web.WebFile;
import io.conntrack.exporter.web.WebFiles;
import io.conntrack.testbed.Capabilities;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the doctor says of hosts of different kinds. */
@KernelTest
class DoctorTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.udp("10.0.0.1", 40000, "192.0.2.1", 53));

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  private SequencedMap<String, Finding> examine(String... options) throws UsageException {
    Configuration configuration = Options.parse(options, Map.of()).configuration();
    return namespace.call(
        () -> Doctor.examine(configuration, rules(configuration), web(configuration), List.of()));
  }

  private static WebFile web(Configuration configuration) throws UsageException {
    return WebFile.open(configuration.webConfigFile());
  }

  private static EndpointRules rules(Configuration configuration) throws UsageException {
    return RulesFile.open(configuration.rulesFile()).rules();
  }

  @Test
  void whereConnectionsAreTrackedAllIsWell() throws UsageException {
    namespace.trackConnections();
    SequencedMap<String, Finding> findings = examine();
    assertThat(findings.sequencedKeySet())
        .containsExactly(
            "capability",
            "libraries",
            "ctnetlink",
            "tracking",
            "offload",
            "receive_buffer",
            "events",
            "accounting",
            "timestamps",
            "table",
            "timeouts",
            "listen");
    assertThat(findings.values())
        .allSatisfy(finding -> assertThat(finding.status()).isEqualTo(Status.OK));
    assertThat(findings.get("libraries").found())
        .containsPattern("/libmnl\\.so\\.0\\S*, /\\S+/libnetfilter_conntrack\\.so\\.3");
  }

  @Test
  void whereOtherNamespacesAreAskedForItTellsWhetherTheyCanBeEntered() throws Exception {
    String option = "--netns=" + namespace.path();
    try (Namespace other = Namespace.create()) {
      assertThat(examine("--netns=" + other.path()).get("netns"))
          .isEqualTo(
              Finding.ok("other network namespaces that --netns asks for and that can be read: 1"));
    }
    Finding nothing = examine("--netns=/nope").get("netns");
    assertThat(nothing.status()).isEqualTo(Status.WARNING);
    assertThat(nothing.found())
        .contains("can be read: 0. --netns=/nope matches nothing now: there is no such file");

    CompletableFuture<Finding> refused = new CompletableFuture<>();
    Configuration configuration = Options.parse(new String[] {option}, Map.of()).configuration();
    namespace.start(
        "without-capabilities",
        () -> {
          Capabilities.dropAll();
          refused.complete(
              Doctor.examine(configuration, rules(configuration), web(configuration), List.of())
                  .get("netns"));
        });
    assertThat(refused.get(10, TimeUnit.SECONDS).status()).isEqualTo(Status.FAILED);
    assertThat(refused.get().remedy()).contains("CAP_SYS_ADMIN");
  }

  @Test
  void whereNothingIsTrackedTheRemedyHasItTracked() throws UsageException {
    Finding before = examine().get("tracking");
    assertThat(before.status()).isEqualTo(Status.WARNING);
    assertThat(before.remedy()).contains("iptables-legacy");

    namespace.sh(command(before));
    assertThat(examine().get("tracking").status()).isEqualTo(Status.OK);
  }

  @Test
  void aVariableThatNoOptionHasIsAWarning() throws UsageException {
    Finding finding =
        Doctor.examine(
                Options.parse(new String[0], Map.of()).configuration(),
                EndpointRules.NONE,
                WebFiles.NONE,
                List.of("X is ignored"))
            .get("environment");
    assertThat(finding.status()).isEqualTo(Status.WARNING);
    assertThat(finding.found()).isEqualTo("X is ignored");
  }

  @Test
  void aFlowTellsThatConnectionsAreTracked() throws UsageException {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(FLOW);
    }
    assertThat(examine().get("tracking").status()).isEqualTo(Status.OK);
    assertThat(examine().get("ctnetlink").found()).contains("1 flows");
    assertThat(examine().get("table").found()).startsWith("1 of ");
  }

  @Test
  void whereEventsAreOffTheRemedyTurnsThemOn() throws UsageException {
    namespace.sysctl("net.netfilter.nf_conntrack_events", 0);
    Finding before = examine().get("events");
    assertThat(before.status()).isEqualTo(Status.WARNING);
    assertThat(examine("--no-events").get("events").status()).isEqualTo(Status.OK);

    namespace.sh(command(before));
    assertThat(examine().get("events").status()).isEqualTo(Status.OK);
  }

  /** The exporter does without them, and the kernel has them off by default. */
  @ParameterizedTest
  @ValueSource(strings = {"accounting acct", "timestamps timestamp"})
  void whatIsOffByDefaultIsToldAndIsNoWarning(String names) throws UsageException {
    String check = names.split(" ", 2)[0];
    String setting = "net.netfilter.nf_conntrack_" + names.split(" ", 2)[1];
    assertThat(examine().get(check))
        .isEqualTo(Finding.ok("off; sysctl -w " + setting + "=1 turns it on"));

    namespace.sh("sysctl -w " + setting + "=1");
    Finding on = examine().get(check);
    assertThat(on.status()).isEqualTo(Status.OK);
    assertThat(on.found()).startsWith("on: ");
  }

  @Test
  void aShortTimeoutIsTold() throws UsageException {
    namespace.sysctl("net.netfilter.nf_conntrack_tcp_timeout_established", 600);
    Finding before = examine().get("timeouts");
    assertThat(before.status()).isEqualTo(Status.WARNING);
    assertThat(before.found()).contains("forgets a connection that is idle for 10 min");

    namespace.sh(command(before));
    assertThat(examine().get("timeouts").status()).isEqualTo(Status.OK);
  }

  @Test
  void theBufferThatIsAskedForIsTheOneThatTheOptionAsksFor() throws UsageException {
    assertThat(examine("--netlink-buffer=64KiB").get("receive_buffer").found())
        .isEqualTo("room for bursts of some 102 events");
    assertThat(examine("--netlink-buffer=1GiB").get("receive_buffer").status())
        .isEqualTo(Status.OK);
  }

  @Test
  void aPortThatIsTakenIsTold() throws Exception {
    assertThat(examine("--listen-port=9101").get("listen"))
        .isEqualTo(Finding.ok("port 9101 of every address is free"));
    try (ServerSocket server = namespace.call(() -> new ServerSocket(9101))) {
      assertThat(server.isBound()).isTrue();
      Finding taken = examine("--web.listen-address=:9102,127.0.0.1:9101").get("listen");
      assertThat(taken.status()).isEqualTo(Status.FAILED);
      assertThat(taken.found())
          .isEqualTo("127.0.0.1:9101 cannot be listened on: Address already in use");
      assertThat(taken.remedy()).endsWith("\nss -ltnp sport = :9101");
    }
    assertThat(examine("--bind-address=192.0.2.1").get("listen").found())
        .isEqualTo("192.0.2.1:9318 cannot be listened on: Cannot assign requested address");
  }

  @Test
  void aRuleThatNeverMatchesIsAWarning() throws Exception {
    Path file = Files.writeString(folder.resolve("rules.yaml"), "rules: [{port: 80, group: web}]");
    assertThat(examine("--rules=" + file).get("rules"))
        .isEqualTo(Finding.ok("all of them can match: 1"));
    Files.writeString(file, "rules: [{protocol: udp, group: dns}]");
    Finding never = examine("--rules=" + file).get("rules");
    assertThat(never.status()).isEqualTo(Status.WARNING);
    assertThat(never.found())
        .isEqualTo("Rule 1 never matches: it is for udp, which --protocols leaves out");
    assertThat(examine("--rules=" + file, "--protocols=udp").get("rules").status())
        .isEqualTo(Status.OK);
  }

  @Test
  void whatAnExaminationThrowsIsAFinding() {
    Finding finding =
        Doctor.finding(() -> {
          throw new IOException("No such file");
        });
    assertThat(finding.status()).isEqualTo(Status.UNKNOWN);
    assertThat(finding.found()).contains("No such file");
    assertThat(
            Doctor.finding(
                    () -> {
                      throw new IllegalStateException("bug");
                    })
                .status())
        .isEqualTo(Status.UNKNOWN);
  }

  /** The last line of a remedy, where it has more than one. */
  private static String command(Finding finding) {
    assertThat(finding.remedy()).contains("\n");
    return finding.remedy().lines().toList().getLast();
  }
}
