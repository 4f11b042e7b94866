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
import java.net.ServerSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the log says where the numbers would stay empty or late, and whether its remedies work. */
@KernelTest
final class LogHintsTest {
  private static final Pattern RULE = Pattern.compile("nft '[^']+'");
  private static final String NEW_EVENTS = "conntrack_exporter_events_total{type=\"new\"}";
  private static final Pattern SETTING = Pattern.compile("'(sysctl [^']+)'");

  @Test
  void whereNothingIsTrackedTheRuleThatIsLoggedTurnsItOn() throws Exception {
    try (Namespace namespace = Namespace.create();
        Traffic traffic = Traffic.in(namespace);
        Program program = Launch.in(namespace).serve()) {
      ServerSocket server = traffic.listen("127.0.0.1", 0);
      traffic.connect(server);
      assertThat(program.scrape().hosts()).isEmpty();
      assertThat(program.awaitLog("WARN")).hasSize(1);
      String warning = program.awaitLog("WARN").getFirst();
      assertThat(warning)
          .contains("The kernel tracks no connection in this network namespace.")
          .contains("This is not the host's network namespace")
          .contains("No nftables rule here does");
      assertThat(program.get("/").text())
          .contains("The kernel tracks no connection in this network namespace.");

      namespace.sh(find(RULE, warning).group());
      traffic.connect(server);
      awaitOpen(program, server, 1);
      Await.until(
          "the end of the warning",
          () -> {
            program.scrape(); // brings a resync, at most one a second
            return !program
                .log("The kernel tracks connections in this network namespace now")
                .isEmpty();
          });
      Await.until(
          "the end of the page's warning",
          () -> !program.get("/").text().contains("tracks no connection"));
    }
  }

  @Test
  void whereARuleHasTheKernelTrackAndNoConnectionIsThereYetNothingIsWarnedOf() throws Exception {
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      try (Program program = Launch.in(namespace).serve()) {
        assertThat(program.log("WARN")).isEmpty();
      }
    }
  }

  @Test
  void whereEventsAreOffTheSettingThatIsLoggedTurnsThemOn() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic toB = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b())) {
      ServerSocket server = ofB.listen(Hosts.B_IPV4, 0);
      toB.connect(server);
      hosts.a().sysctl("net.netfilter.nf_conntrack_events", 0);
      try (Program program = Launch.in(hosts.a()).serve()) {
        assertThat(program.awaitLog("WARN")).hasSize(1);
        String warning = program.awaitLog("WARN").getFirst();
        assertThat(warning)
            .contains("The kernel sends no events (net.netfilter.nf_conntrack_events=0)");
        toB.connect(server);
        awaitOpen(program, server, 2);
        assertThat(program.scrape().value(NEW_EVENTS)).isZero();

        hosts.a().sh(find(SETTING, warning).group(1));
        toB.connect(server);
        awaitOpen(program, server, 3);
        assertThat(program.scrape().value(NEW_EVENTS)).isPositive();
      }
    }
  }

  @Test
  void whereAccountingIsAskedForAndOffTheSettingThatIsLoggedTurnsItOn() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic toB = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b())) {
      ServerSocket server = ofB.listen(Hosts.B_IPV4, 0);
      toB.connect(server);
      try (Program program = Launch.in(hosts.a()).serve("--accounting")) {
        assertThat(program.awaitLog("WARN")).hasSize(1);
        String warning = program.awaitLog("WARN").getFirst();
        assertThat(warning)
            .contains("The kernel counts no bytes and packets", "--accounting needs them");
        assertThat(program.scrape().toString()).doesNotContain("conntrack_sent_bytes_total");

        hosts.a().sh(find(SETTING, warning).group(1));
        toB.connect(server);
        Await.until(
            "bytes",
            () -> program.scrape().toString(),
            text -> text.contains("conntrack_sent_bytes_total"));
      }
    }
  }

  private static void awaitOpen(Program program, ServerSocket server, int count) {
    String address = server.getInetAddress().getHostAddress();
    Await.untilEqual(
        "the connections shown",
        Scrape.states(0, count, 0, 0),
        () -> program.scrape().hosts().get(address + ":" + server.getLocalPort()));
  }

  @Test
  void whereConnectionsAreTrackedNothingIsWarnedOf() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic toB = Traffic.in(hosts.a());
        Traffic ofB = Traffic.in(hosts.b())) {
      toB.connect(ofB.listen(Hosts.B_IPV4, 0));
      try (Program program = Launch.in(hosts.a()).serve()) {
        assertThat(program.log()).allMatch(line -> line.contains(" INFO  "));
      }
    }
  }

  @Test
  void whatTheBoundsLeaveOutIsToldOnceHoweverManyResyncsFindIt() throws Exception {
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      for (int i = 1; i <= 3; i++) {
        writer.create(SyntheticFlow.of(Tuple.tcp("192.0.2.1", 40000, "192.0.2.1" + i, 443)));
      }
      try (Program program =
          Launch.in(namespace)
              .serve("--max-endpoints=1", "--max-flows=2", "--resync-interval=100ms")) {
        Await.until(
            "some resyncs",
            () -> program.scrape().value("conntrack_exporter_resyncs_total{reason=\"interval\"}"),
            resyncs -> resyncs >= 5);

        assertThat(program.log("WARN"))
            .satisfiesExactlyInAnyOrder(
                flows ->
                    assertThat(flows).contains("Flows that no gauge counts: 1.", "--max-flows"),
                endpoints -> assertThat(endpoints).contains("host=\"other\"", "--max-endpoints"));
      }
    }
  }

  private static Matcher find(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    assertThat(matcher.find()).as("%s in: %s", pattern, line).isTrue();
    return matcher;
  }
}
