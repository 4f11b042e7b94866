package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code --netns}, by a user that has no more capabilities than the service with its drop-in. The
 * files of two namespaces are in a /run/netns that only the program sees.
 */
@KernelTest
final class NetnsTest {
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));

  private static final String MOUNTS =
      """
      mount -t tmpfs none /run
      mkdir /run/netns
      touch /run/netns/blue /run/netns/red
      mount --bind "$1" /run/netns/blue
      mount --bind "$2" /run/netns/red
      shift 2
      exec "$@"
      """;

  /** As ProtectProc=invisible of a systemd unit does. */
  private static final String HIDE = "mount -t proc -o hidepid=invisible proc /proc\n" + MOUNTS;

  @AutoClose private final Namespace own = Namespace.create();
  @AutoClose private final Namespace blue = Namespace.create();
  @AutoClose private final Namespace red = Namespace.create();

  @BeforeEach
  void createFlows() {
    create(own, 0, 1);
    create(blue, 0, 2);
    create(red, 0, 3);
  }

  /** With the same tuples wherever they are. */
  private static void create(Namespace namespace, int from, int to) {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(IntStream.range(from, to).mapToObj(FLOW::client));
    }
  }

  private Launch launch(String... capabilities) {
    return launchWith(MOUNTS, capabilities);
  }

  private Launch launchWith(String mounts, String... capabilities) {
    String paths = blue.path() + " " + red.path();
    String set = "-all,+" + String.join(",+", capabilities);
    return Launch.in(own)
        .through("unshare", "--mount", "sh", "-euc", mounts, "sh")
        .through(paths.split(" ", -1))
        .withRights(
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--no-new-privs",
            "--inh-caps=" + set,
            "--ambient-caps=" + set,
            "--bounding-set=" + set);
  }

  private static double open(Scrape scrape, String netns) {
    return scrape.value(
        "conntrack_open_connections{host=\"192.0.2.1:443\",netns=\"" + netns + "\"}");
  }

  private static double counted(Scrape scrape, String netns) {
    return scrape.value("conntrack_exporter_flows{kind=\"counted\",netns=\"" + netns + "\"}");
  }

  @Test
  void flowsOfAllNamespacesAreShownAndToldApart() throws Exception {
    try (Program program =
        launch("net_admin", "sys_admin").serve("--netns=/run/netns/*", "--resync-interval=100ms")) {
      Scrape scrape = program.scrape();
      assertThat(open(scrape, "")).isEqualTo(1);
      assertThat(open(scrape, "blue")).isEqualTo(2);
      assertThat(open(scrape, "red")).isEqualTo(3);

      create(blue, 2, 1_000);
      Await.untilEqual("blue's", 1_000.0, () -> open(program.scrape(), "blue"));
      scrape = program.scrape();
      for (Namespace namespace : new Namespace[] {own, blue, red}) {
        String netns = namespace == own ? "" : namespace == blue ? "blue" : "red";
        assertThat(counted(scrape, netns)).isEqualTo(namespace.conntrackCount());
        assertThat(scrape.value("conntrack_table_entries{netns=\"" + netns + "\"}"))
            .isEqualTo(namespace.conntrackCount());
      }
      assertThat(program.log("WARN")).isEmpty();
      program.end("TERM");
      assertThat(program.awaitExit()).isZero();
    }
  }

  @Test
  void onceShowsThemToo() throws Exception {
    try (Program program =
        launch("net_admin", "sys_admin").start("--once", "--netns=/run/netns/red")) {
      assertThat(program.awaitExit()).as("exit code; log: %s", program.log()).isZero();
      Scrape scrape = Scrape.ofText(program.output());
      assertThat(open(scrape, "red")).isEqualTo(3);
      assertThat(open(scrape, "")).isEqualTo(1);
      assertThat(program.output()).doesNotContain("blue");
    }
  }

  @Test
  void whatMatchesNothingIsToldOnceInTheLogInMetricsAndByACheck() throws Exception {
    try (Program program =
        launch("net_admin", "sys_admin").serve("--netns=/nope", "--netns=/run/netns/b*")) {
      assertThat(program.scrape().value("conntrack_exporter_network_namespaces{state=\"missing\"}"))
          .isEqualTo(1);
      assertThat(program.log("WARN"))
          .singleElement()
          .asString()
          .contains("--netns=/nope matches nothing now: there is no such file");
    }
    try (Program program = launch("net_admin", "sys_admin").start("--once", "--netns=/nope")) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.awaitLog("--netns=/nope matches nothing now")).hasSize(1);
    }
    try (Program program = launch("net_admin", "sys_admin").start("check", "--netns=/nope")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.output()).contains("warning  netns ", "--netns=/nope matches nothing");
    }
  }

  @Test
  void aProcessThatTheServicesSandboxHidesIsToldWithTheRemedy() throws Exception {
    String path = "/proc/" + ProcessHandle.current().pid() + "/ns/net";
    try (Program program = launch("net_admin", "sys_admin").start("check", "--netns=" + path)) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.output().replaceAll("\\s+", " "))
          .contains(
              "cannot be reached: permission denied",
              "needs the capability CAP_SYS_PTRACE",
              "netns.conf");
    }
    try (Program program =
        launchWith(HIDE, "net_admin", "sys_admin").start("check", "--netns=" + path)) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.output().replaceAll("\\s+", " "))
          .contains("mounted with hidepid=invisible", "netns.conf", "ProtectProc=default");
    }
    try (Program program =
        launch("net_admin", "sys_admin", "sys_ptrace").start("check", "--netns=" + path)) {
      assertThat(program.awaitExit()).isZero();
      assertThat(program.output().replaceAll("\\s+", " "))
          .contains(
              "ok netns other network namespaces that --netns asks for and that can be read: 1");
    }
  }

  @Test
  void withoutCapSysAdminItIsToldHowToGetIt() throws Exception {
    try (Program program = launch("net_admin").start("--listen-port=0", "--netns=/run/netns/*")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.log("conntrack-exporter: "))
          .singleElement()
          .asString()
          .contains("setns(netns=", "Operation not permitted (errno=1)")
          .contains("CAP_SYS_ADMIN", "netns.conf", "--cap-add=SYS_ADMIN");
    }
  }
}
