package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A small fleet: {@code make fleet} with five hosts. What one exporter tells of a client and
 * another of the server is the same, in Prometheus and behind its remote write.
 */
@KernelTest
final class FleetTest {
  private static final int HOSTS = 5;
  private static final int PEERS = 3;
  private static final Pattern AGREES =
      Pattern.compile("(?m)^(\\w+): conntrack_\\S+ +(\\d+) pairs agree, 0 differ, sum [1-9]\\d*$");

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  @Test
  void bothEndsOfEveryConnectionCountTheSame() throws Exception {
    Path victoria = Tool.ofSuite("bookworm", "victoria-metrics", "victoria-metrics");
    try (Namespace namespace = Namespace.create()) {
      String output =
          Script.run(
              namespace,
              "fleet/fleet.py",
              "--hosts=" + HOSTS,
              "--peers=" + PEERS,
              "--interval=1",
              "--seconds=5",
              "--victoria=" + victoria);
      List<MatchResult> agreements = AGREES.matcher(output).results().toList();
      assertThat(agreements).as(output).hasSize(8);
      assertThat(agreements)
          .extracting(agreement -> agreement.group(1))
          .contains("Prometheus", "VictoriaMetrics");
      assertThat(agreements)
          .filteredOn(
              agreement -> !agreement.group().contains("refused")) // fewer pairs than others
          .extracting(agreement -> Integer.parseInt(agreement.group(2)))
          .containsOnly(HOSTS * PEERS);
    }
  }

  @Test
  void aSizeThatCannotBeIsRefusedWithItsRange() throws Exception {
    Process refused = new ProcessBuilder("fleet/fleet.py", "--hosts=1").start();
    assertThat(new String(refused.getErrorStream().readAllBytes(), UTF_8))
        .isEqualTo("--hosts=1 is not from 2 to 250.\n");
    assertThat(refused.waitFor()).isEqualTo(2);
  }
}
