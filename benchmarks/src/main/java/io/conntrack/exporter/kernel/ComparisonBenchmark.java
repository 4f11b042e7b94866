package io.conntrack.exporter.kernel;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.census.RestingFlows;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.benchmarks.Trackers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What decides whether the exporter compares with the kernel's table: the questions of each scrape,
 * and what each flow of a comparison answers. In this package, as what it measures.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class ComparisonBenchmark {
  private static final int ENDPOINTS = 10_000;
  private static final int FLOWS = 1024;
  private static final int ESTABLISHED = 3;
  private static final int LIFE_SECONDS = 86_400;

  private final RestingFlows resting = new RestingFlows();
  private final Flow flow = new Flow();
  private final DumpBudget budget = new DumpBudget();
  private FlowTracker tracker;
  private long nowMs;

  @Setup
  public void fill() {
    tracker = Trackers.withEndpoints(ENDPOINTS);
    tracker.openEpoch();
    tracker.closeEpoch();
    flow.tcpState = ESTABLISHED;
    flow.timeoutSeconds = LIFE_SECONDS;
    resting.begin(0);
    budget.dumpBegins();
    budget.dumpEnded(); // links the clock
  }

  @TearDown
  public void free() {
    tracker.close();
    budget.close();
  }

  /** Whether a comparison would change nothing. */
  @Benchmark
  public boolean rest() {
    return tracker.isAtRest(nowMs++);
  }

  /** A flow of a comparison, of which there are many. */
  @Benchmark
  @OperationsPerInvocation(FLOWS)
  public void flow() {
    for (int i = 0; i < FLOWS; i++) {
      flow.timeoutSeconds = LIFE_SECONDS - i;
      resting.take(flow);
    }
    resting.end();
  }

  /** A comparison's cost, and whether there is room for the next one. */
  @Benchmark
  public boolean budget() {
    budget.dumpBegins();
    budget.spend(budget.dumpEnded(), nowMs++);
    return budget.isFree(nowMs);
  }
}
