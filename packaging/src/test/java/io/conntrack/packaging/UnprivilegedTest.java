package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** As a user of its own, without root: what a systemd unit with AmbientCapabilities starts. */
@KernelTest
final class UnprivilegedTest {
  @Test
  void theCapabilityAloneIsEnough() throws Exception {
    String[] rights = {
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "--no-new-privs",
      "--inh-caps=-all,+net_admin",
      "--ambient-caps=-all,+net_admin",
      "--bounding-set=-all,+net_admin"
    };
    try (Namespace namespace = Namespace.create();
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(SyntheticFlow.of(Tuple.tcp("127.0.0.1", 40000, "192.0.2.1", 443)));
      try (Program program = Launch.in(namespace).withRights(rights).serve()) {
        assertThat(Files.readString(Path.of("/proc/" + program.pid() + "/status")))
            .contains("Uid:\t65534\t65534\t65534\t65534\n", "CapEff:\t0000000000001000\n");
        assertThat(program.scrape().hosts())
            .isEqualTo(Map.of("192.0.2.1:443", Scrape.states(0, 1, 0, 0)));
        assertThat(program.log("WARN")).as("warnings, as of a small receive buffer").isEmpty();
      }
    }
  }

  @Test
  void inAUserNamespaceItMakesDoWithASmallerBuffer() throws Exception {
    // By lines: the kernel gives nothing to a second read, and readString's first is 1 byte long.
    Path limit = Path.of("/proc/sys/net/core/rmem_max");
    long mostBytes = Long.parseLong(Files.readAllLines(limit).getFirst());
    // The kernel accounts twice what it gives, which is no reason to take it for enough.
    String buffer = "--netlink-buffer=" + mostBytes * 3 / 2;
    try (Namespace namespace = Namespace.create();
        Program program =
            Launch.in(namespace)
                .through("unshare", "--user", "--map-root-user", "--net")
                .start("--listen-port=0", buffer)) {
      assertThat(program.addresses(1)).hasSize(1);
      assertThat(program.awaitLog("WARN").getFirst())
          .contains("The kernel gave less than --netlink-buffer", "net.core.rmem_max");
      program.end("TERM");
      assertThat(program.awaitExit()).isZero();
    }
  }
}
