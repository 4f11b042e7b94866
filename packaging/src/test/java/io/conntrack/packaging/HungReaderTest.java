package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.StoppedThread;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The reading thread stands still, and whoever asks for the health learns it. */
@KernelTest
final class HungReaderTest {
  private static final Duration SOON = Duration.ofSeconds(25);

  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void theHealthTellsAReaderThatHangs() throws Exception {
    try (Program program = Launch.in(namespace).serve()) {
      assertThat(program.get("/-/healthy").status()).isEqualTo(200);
      try (var _ = StoppedThread.of(program.pid(), "reader")) {
        HttpAnswer sick =
            Await.until(
                "a 503", SOON, () -> program.get("/-/healthy"), answer -> answer.status() == 503);
        assertThat(sick.text()).matches("The reader has not moved for 1[5-9] s\\..*\n");
        assertThat(program.get("/metrics").text())
            .isEqualTo("The reader took no snapshot within 2 s.\n");
      }
      Await.untilEqual("healthy again", 200, () -> program.get("/-/healthy").status());
      assertThat(program.scrape().value("conntrack_exporter_in_sync")).isEqualTo(1);
    }
  }
}
