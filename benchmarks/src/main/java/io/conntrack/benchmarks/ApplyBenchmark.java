package io.conntrack.benchmarks;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.SourceView;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One event into the tables, of a flow that is somewhere among many. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ApplyBenchmark.EVENTS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ApplyBenchmark {
  static final int EVENTS = 1024;

  private static final int ENDPOINTS = 10_000;
  private static final long SEED = 42;

  /** Fits the caches, and does not. */
  @Param({"1000", "1000000"})
  public int flows;

  /** Whether flows are counted by source too. */
  @Param({"NONE", "ADDRESS"})
  public SourceView sources;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Flow flow = new Flow();
  private FlowTracker tracker;

  @Setup
  public void fill() {
    tracker = Trackers.withFlows(flows, ENDPOINTS, sources);
  }

  @TearDown
  public void free() {
    tracker.close();
  }

  /** A known flow changes its state. */
  @Benchmark
  public void update() {
    for (int i = 0; i < EVENTS; i++) {
      tracker.onUpdate(
          flow(random.nextInt(flows), (i & 1) == 0 ? Trackers.TIME_WAIT : Trackers.ESTABLISHED));
    }
  }

  /** A flow comes, and another one that came before goes; each is one event. */
  @Benchmark
  public void churn() {
    for (int i = 0; i < EVENTS / 2; i++) {
      tracker.onNew(flow(flows + i, Trackers.SYN_SENT));
    }
    for (int i = 0; i < EVENTS / 2; i++) {
      tracker.onDestroy(flow(flows + i, Trackers.SYN_SENT));
    }
  }

  private Flow flow(int number, int tcpState) {
    return Trackers.fill(flow, number, ENDPOINTS, tcpState);
  }
}
