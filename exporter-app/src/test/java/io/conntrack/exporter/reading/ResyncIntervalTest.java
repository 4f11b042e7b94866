package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.kernel.KernelAccess;
import io.conntrack.exporter.kernel.KernelSources;
import io.conntrack.exporter.options.Options;
import io.conntrack.ffm.system.NetworkNamespace;
import io.conntrack.ffm.system.Wakeup;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** When nothing but the time asks for a resync, it is as rare as its cost asks for. */
@KernelTest
class ResyncIntervalTest {
  @AutoClose private final Namespace namespace = Namespace.create();

  /** The intervals after resyncs that took so many ms of a processor, one after the other. */
  private long[] after(String options, long... costsMs) throws Exception {
    return namespace.call(() -> {
      var configuration = Options.parse(options.split(" "), Map.of()).configuration();
      try (Wakeup wakeup = Wakeup.open();
          KernelAccess access = new KernelAccess(wakeup);
          KernelSources sources = KernelSources.open(configuration, NetworkNamespace.OWN, access)) {
        ResyncInterval interval = new ResyncInterval(configuration, sources);
        long[] afterMs = new long[costsMs.length];
        for (int i = 0; i < costsMs.length; i++) {
          long ms = interval.afterMs(TimeUnit.MILLISECONDS.toNanos(costsMs[i]), 1);
          afterMs[i] = Math.round(ms / 1_000.0) * 1_000;
        }
        return afterMs;
      }
    });
  }

  @Test
  void resyncsTakeOnePercentOfACoreAndAreAtMostFiveMinutesApart() throws Exception {
    assertThat(after("-l 0", 2)).containsExactly(30_000);
    assertThat(after("-l 0", 1_500)).containsExactly(150_000);
    assertThat(after("-l 0", 9_000)).containsExactly(300_000);
  }

  @Test
  void theBudgetIsOneForAllNamespaces() throws Exception {
    assertThat(after("-l 0", 400, 400, 400)).containsExactly(40_000, 80_000, 120_000);
  }

  @Test
  void whatTheOperatorAsksForIsKept() throws Exception {
    assertThat(after("--resync-interval=10s", 2, 9_000)).containsExactly(10_000, 10_000);
    assertThat(after("--resync-interval=1h", 2)).containsExactly(3_600_000);
  }

  @Test
  void bytesAreComparedEveryHalfMinute() throws Exception {
    assertThat(after("--accounting", 9_000)).containsExactly(30_000);
  }

  @Test
  void whoDoesNotListenComparesAsOftenAsTwoPercentOfACoreAllow() throws Exception {
    assertThat(after("--no-events", 0, 20, 100, 3_000, 9_000))
        .containsExactly(1_000, 1_000, 5_000, 150_000, 300_000);
    assertThat(after("--no-events --resync-interval=2s", 100)).containsExactly(2_000);
  }
}
