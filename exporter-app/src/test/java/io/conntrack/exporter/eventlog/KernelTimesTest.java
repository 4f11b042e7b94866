package io.conntrack.exporter.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel tells of times, while the machine's clock is set. */
final class KernelTimesTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);
  private static final long HOUR_S = 3600;

  /** Seconds of the two clocks. */
  private long wallS = 1_795_000_000;

  private long monotonicS = 1_000;
  private final KernelTimes times =
      new KernelTimes(() -> wallS * 1000, () -> TimeUnit.SECONDS.toNanos(monotonicS));

  private void pass(long seconds) {
    wallS += seconds;
    monotonicS += seconds;
  }

  @Test
  void nobodySetsTheClockAndTheTimesAreTheKernels() {
    pass(10_000);
    assertThat(times.look()).isEqualTo(monotonicS * S);
    assertThat(times.ofEvent(wallS * S - 7)).isEqualTo(wallS * S - 7);
    assertThat(times.ofStart(wallS * S - HOUR_S * S)).isEqualTo(wallS * S - HOUR_S * S);
    assertThat(times.ofStart(0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {HOUR_S, -HOUR_S, 2, -2, 30 * 24 * HOUR_S})
  void aConnectionThatIsOpenWhileTheClockIsSetLivesAsLongAsItDoes(long by) {
    times.look();
    long beganNs = times.ofEvent(wallS * S);
    pass(20);
    times.look();
    wallS += by;
    pass(20);
    times.look();
    assertThat(times.ofEvent(wallS * S) - beganNs).isEqualTo(40 * S);
    // And set right again.
    wallS -= by;
    pass(20);
    times.look();
    assertThat(times.ofEvent(wallS * S) - beganNs).isEqualTo(60 * S);
  }

  @ParameterizedTest
  @ValueSource(longs = {HOUR_S, -HOUR_S})
  void anEventThatWasStampedBeforeTheClockWasSetIsOfNow(long by) {
    times.look();
    long beganNs = times.ofEvent(wallS * S);
    pass(20);
    long stampedNs = wallS * S;
    wallS += by;
    times.look();
    assertThat(times.ofEvent(stampedNs) - beganNs).isEqualTo(20 * S);
  }

  @ParameterizedTest
  @ValueSource(longs = {HOUR_S, -HOUR_S})
  void aStartIsKnownOnlyIfItIsCertainByWhichClock(long by) {
    long beforeNs = wallS * S;
    pass(20);
    wallS += by;
    times.look();
    assertThat(times.ofStart(beforeNs)).isZero();
    pass(2 * HOUR_S);
    times.look();
    assertThat(times.ofStart(wallS * S)).isEqualTo(times.ofEvent(wallS * S));
  }
}
