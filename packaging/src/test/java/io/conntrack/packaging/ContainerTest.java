package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The container image, built and run by podman. */
@KernelTest
final class ContainerTest {
  private static final Pattern SIZE = Pattern.compile("size=(\\d+)");
  private static final long MAX_BYTES = 110_000_000;

  @TempDir private Path folder;

  @Test
  void theContainerIsSmallHealthyAndEndsOnSigtermAsRootAndAsAnotherUser() throws Exception {
    Tool.require("podman", "podman");
    Tool.require("runc", "runc");
    Tool.require("python3", "python3");
    try (Namespace namespace = Namespace.create()) {
      namespace.trackConnections();
      String log =
          Script.run(namespace, "src/test/sh/container.sh", System.getProperty("image"), folder);
      assertThat(SIZE.matcher(log).results().map((MatchResult size) -> size.group(1)).toList())
          .singleElement()
          .satisfies(size -> assertThat(Long.parseLong(size)).isBetween(1L, MAX_BYTES));
      assertThat(log)
          .contains("different images: 1\n")
          .contains(System.getProperty("version"))
          .contains("user=--user=0 check=0", "user=--user=65532:65532 check=0")
          .contains("ok       ctnetlink ")
          .doesNotContain("unknown ", "failed ")
          .contains("user=--user=0 exit=0", "user=--user=65532:65532 exit=0")
          .contains("Serving metrics at")
          .contains(
              "live, upgraded: open 2, opened 0, ended 0",
              "live, upgraded, one ended: open 1, opened 0, ended 1",
              "live, downgraded: open 1, opened 0, ended 0",
              "live, downgraded, all ended: open 0, opened 0, ended 1")
          .doesNotContain("ERROR");
    }
  }
}
