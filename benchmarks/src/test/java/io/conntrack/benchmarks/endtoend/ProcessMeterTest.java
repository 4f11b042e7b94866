package io.conntrack.benchmarks.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProcessMeterTest {
  private static final String BURN =
      "read x; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; read x";

  /** What a shell takes for a loop, by our clock and by its own. */
  @Test
  void theTimeOfAProcessFromIdleToIdleIsWhatItTookItself() throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", BURN + "; times").start();
    try (var input = shell.outputWriter()) {
      ProcessMeter meter = new ProcessMeter(shell.pid());
      long before = meter.awaitIdle();
      input.write("\n");
      input.flush();
      meter.awaitWork(before, 1_000_000);
      double seconds = (meter.awaitIdle() - before) / 1e9;
      assertThat(meter.residentBytes()).isBetween(100_000L, 100_000_000L);
      input.write("\n");
      input.flush();
      String own = shell.inputReader().readLine();
      assertThat(seconds).isBetween(0.5 * seconds(own) - 0.02, seconds(own) + 0.02);
    } finally {
      shell.destroyForcibly();
    }
  }

  /** Of {@code 0m0.120000s 0m0.010000s}, user and system. */
  private static double seconds(String times) {
    double sum = 0;
    for (String time : times.strip().split(" ", -1)) {
      String[] parts = time.replace("s", "").split("m", 2);
      sum += 60 * Double.parseDouble(parts[0]) + Double.parseDouble(parts[1]);
    }
    return sum;
  }
}
