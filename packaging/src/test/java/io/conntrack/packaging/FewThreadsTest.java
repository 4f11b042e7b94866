package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of it where few threads can be had: it works, or it says why not. */
@KernelTest
final class FewThreadsTest {
  @AutoClose private final Namespace namespace = Namespace.create();
  private Path group;

  @BeforeEach
  void makeGroup() throws IOException {
    Path unified = Path.of("/sys/fs/cgroup");
    Path parent = Files.exists(unified.resolve("pids")) ? unified.resolve("pids") : unified;
    group = parent.resolve("conntrack-exporter-test-" + ProcessHandle.current().pid());
    Files.createDirectory(group);
    assumeTrue(Files.exists(group.resolve("pids.max")), "cgroups of this host limit no tasks");
  }

  @AfterEach
  void removeGroup() throws IOException {
    Files.delete(group);
  }

  private Launch withTasks(int count) throws IOException {
    Files.writeString(group.resolve("pids.max"), Integer.toString(count));
    return Launch.in(namespace)
        .through("sh", "-c", "echo $$ >" + group + "/cgroup.procs; exec \"$@\"", "sh");
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30})
  void itServesAndEndsOrSaysWhyNot(int count) throws Exception {
    try (Program program = withTasks(count).start("--listen-port=0")) {
      if (program.awaitReadyOrEnd()) {
        assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
        assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(2));
        assertThat(program.awaitExit()).isZero();
      } else {
        assertThat(program.awaitExit()).isEqualTo(1);
        assertThat(String.join("\n", program.log())).containsAnyOf("TasksMax=", "pthread_create");
      }
    }
  }

  @Test
  void slowClientsTakeNone() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try (Program program = withTasks(40).serve()) {
      for (int i = 0; i < 60; i++) {
        Socket client = HttpAnswer.connect(namespace, "127.0.0.1", program.port());
        slow.add(client);
        client.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost".getBytes(US_ASCII));
      }
      assertThat(program.get("/metrics").status()).isEqualTo(200);
      assertThat(program.log("no thread can be had")).isEmpty();
      assertThat(program.end("TERM")).isLessThan(Duration.ofSeconds(2));
      assertThat(program.awaitExit()).isZero();
    } finally {
      for (Socket client : slow) {
        client.close();
      }
    }
  }
}
