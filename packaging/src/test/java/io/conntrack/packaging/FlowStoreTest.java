package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flow records by a real syslog-ng in a real ClickHouse, with what docs/event-log.md has to copy.
 * Both come from Debian, unpacked below the build's folder.
 */
@KernelTest
final class FlowStoreTest {
  private static final String SUITE = "bookworm";

  /** The two programs, and what they need beyond a plain system. */
  private static final String PACKAGES =
      "clickhouse-server clickhouse-common libcapnp-0.9.2 libcctz2 libcpuinfo0 libfarmhash0"
          + " libjemalloc2 libmariadb3 libmetrohash1 libpcre3 libpocofoundation80 libpocodata80"
          + " libltdl7 libodbc2 libpocodataodbc80 libpoconet80 libpocomongodb80 libpococrypto80"
          + " libpocojson80 libpocoxml80 libpocoutil80 libpoconetssl80 librdkafka1 libre2-9"
          + " syslog-ng-core syslog-ng-mod-http libivykis0 libnet1 libwrap0";

  @TempDir private Path folder;

  private static Path root() throws Exception {
    Path unpacked = Path.of("target", SUITE, "flow-store").toAbsolutePath();
    Path root = unpacked.resolve("root");
    if (!Files.exists(root.resolve("usr/sbin/syslog-ng"))) {
      List<String> command =
          new ArrayList<>(List.of("scripts/from-debian.sh", unpacked.toString(), SUITE));
      command.addAll(List.of(PACKAGES.split(" ", -1)));
      int exitCode = new ProcessBuilder(command).inheritIO().start().waitFor();
      assumeTrue(exitCode == 0, SUITE + " of Debian cannot be reached");
    }
    return root;
  }

  @Test
  void whatIsStoredEqualsTheCounters() throws Exception {
    Tool.require("python3", "python3");
    Path root = root();
    try (Namespace namespace = Namespace.create()) {
      String output =
          Script.run(
              namespace,
              "src/test/sh/flow-store.sh",
              root,
              System.getProperty("image") + "/bin/conntrack-exporter",
              Path.of("../docs/event-log.md").toAbsolutePath(),
              folder);
      assertThat(output.lines().toList())
          .containsExactly(
              "stored 133000\t1053600",
              "node " + InetAddress.getLocalHost().getHostName(),
              "counted 133000\t1053600");
    }
  }
}
