package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of it where few files may be open. */
@KernelTest
final class FewFilesTest {
  private static final int TICKS_A_SECOND = 100;

  @AutoClose private final Namespace namespace = Namespace.create();

  private Launch withFiles(int count) {
    return Launch.in(namespace).through("sh", "-c", "ulimit -n " + count + "; exec \"$@\"", "sh");
  }

  @Test
  void clientsThatDoNothingTakeNeitherTheLastFileNorAProcessor() throws Exception {
    List<Socket> idle = new ArrayList<>();
    try (Program program = withFiles(48).serve()) {
      int files = program.openFiles();
      for (int i = 0; i < 60; i++) {
        idle.add(HttpAnswer.connect(namespace, "127.0.0.1", program.port()));
      }
      long before = program.cpuTicks();
      Thread.sleep(2_000);
      assertThat(program.cpuTicks() - before).isLessThan(TICKS_A_SECOND);
      close(idle);
      Await.until("the idle connections' files", program::openFiles, open -> open <= files);
      assertThat(program.awaitScrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    } finally {
      close(idle);
    }
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 14, 20})
  void whereTheyAreTooFewItSaysSoAndEnds(int count) throws Exception {
    try (Program program = withFiles(count).start("--listen-port=0")) {
      assertThat(program.awaitExit()).isEqualTo(1);
      assertThat(program.awaitLog("conntrack-exporter: ")).hasSize(1);
      assertThat(String.join("\n", program.log()))
          .containsAnyOf("ulimit -n 64", "Too many open files");
    }
  }
}
