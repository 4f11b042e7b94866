package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TableSize;
import io.conntrack.testbed.Tuple;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel's hash table is resized over and over while it is read, as the kernel's own selftest
 * conntrack_resize.sh does it. The table is the whole machine's.
 */
@KernelTest
class ResizedTableTest {
  private static final int FLOWS = 60_000;
  private static final long RESIZED_FOR_NS = TimeUnit.SECONDS.toNanos(5);
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("10.0.0.1", 1024, "192.0.2.1", 443));

  @AutoClose private final Namespace namespace = Namespace.create();
  private final AtomicBoolean done = new AtomicBoolean();
  private long resizes;

  private static IntStream flows() {
    return IntStream.range(0, FLOWS);
  }

  private static SyntheticFlow flow(int i) {
    return FLOW.client(i);
  }

  /** At once: there and back during one dump, and then a rest. */
  private void resize(boolean atOnce) {
    try (TableSize size = TableSize.open()) {
      while (!done.get()) {
        size.set(resizes++ % 2 == 0 ? size.before() / 4 : size.before());
        if (!atOnce || resizes % 2 == 0) {
          TimeUnit.MILLISECONDS.sleep(20 + resizes % 7 * 40);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static long sum(Snapshot snapshot, ConnectionState state) {
    return IntStream.range(0, snapshot.endpointCount())
        .mapToLong(endpoint -> snapshot.connections(endpoint, state))
        .sum();
  }

  private static long sum(Snapshot snapshot) {
    long sum = 0;
    for (int endpoint = 0; endpoint < snapshot.endpointCount(); endpoint++) {
      for (Outcome outcome : Outcome.values()) {
        sum += snapshot.outcomes(endpoint, outcome);
      }
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noFlowAtRestIsEverGoneOrNew(boolean atOnce) throws Exception {
    try (FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(flows().mapToObj(ResizedTableTest::flow));
      try (RunningReader reader = RunningReader.in(namespace, "--resync-interval=200ms")) {
        assertThat(sum(reader.observe().connections(), ConnectionState.OPEN)).isEqualTo(FLOWS);
        Thread resizing = Thread.ofPlatform().start(() -> resize(atOnce));
        try {
          long beganNs = System.nanoTime();
          while (System.nanoTime() - beganNs < RESIZED_FOR_NS) {
            Snapshot snapshot = reader.observe().connections();
            assertThat(sum(snapshot, ConnectionState.OPEN)).isEqualTo(FLOWS);
            assertThat(sum(snapshot)).as("opened, failed and ended").isZero();
            TimeUnit.MILLISECONDS.sleep(50);
          }
        } finally {
          done.set(true);
          resizing.join();
        }
        assertThat(resizes).isGreaterThan(20);
        ReaderStatistics.Removals removals = reader.observe().statistics().removals();
        assertThat(removals.putOff()).as("the resizes met dumps").isPositive();
        assertThat(removals.averted()).isPositive();
      }
    }
  }
}
