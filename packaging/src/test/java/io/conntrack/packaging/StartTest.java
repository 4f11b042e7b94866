package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** How long the program takes from its start to the first scrape that is answered with 200. */
@KernelTest
final class StartTest {
  private static final int STARTS = 9;
  private static final int STARTS_WITHOUT_CACHE = 3;
  private static final int PORT = 9318;
  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LIMIT_NS = Await.DEFAULT_LIMIT.toNanos();

  /**
   * Prints the figures of docs/install.md. A bound in milliseconds would depend on who else is busy
   * on this machine, so starts with and without the cache are compared, in turns.
   */
  @Test
  void theAotCacheMakesItFaster() {
    long[] withCacheNs = new long[STARTS];
    long[] withoutNs = new long[STARTS_WITHOUT_CACHE];
    try (Namespace namespace = Namespace.create()) {
      for (int i = 0; i < STARTS; i++) {
        withCacheNs[i] = startNs(Launch.in(namespace));
        if (i < STARTS_WITHOUT_CACHE) {
          withoutNs[i] = startNs(Launch.in(namespace).with("JAVA_OPTS", "-XX:AOTMode=off"));
        }
      }
    }
    System.out.printf(
        "Start to the first 200 on /metrics, median of %d: %d ms, without AOT cache %d ms%n",
        STARTS, medianMs(withCacheNs), medianMs(withoutNs));
    assertThat(medianMs(withCacheNs)).isLessThan(medianMs(withoutNs));
  }

  private static long startNs(Launch launch) {
    long beganNs = System.nanoTime();
    try (Program program = launch.start("--listen-port=" + PORT)) {
      while (!isServed(program)) {
        assertThat(System.nanoTime() - beganNs).as(program.log().toString()).isLessThan(LIMIT_NS);
        LockSupport.parkNanos(PAUSE_NS);
      }
      return System.nanoTime() - beganNs;
    }
  }

  private static boolean isServed(Program program) {
    try {
      return program.get(PORT, "/metrics").status() == 200;
    } catch (UncheckedIOException notListeningYet) {
      return false;
    }
  }

  private static long medianMs(long[] durationsNs) {
    Arrays.sort(durationsNs);
    return TimeUnit.NANOSECONDS.toMillis(durationsNs[durationsNs.length / 2]);
  }
}
