package io.conntrack.benchmarks;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.snapshot.Snapshot;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What holds up the reader for a scrape: copying all counts. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class SnapshotBenchmark {
  @Param({"1000", "10000", "100000"})
  public int endpoints;

  private FlowTracker tracker;

  @Setup
  public void fill() {
    tracker = Trackers.withEndpoints(endpoints);
  }

  @TearDown
  public void free() {
    tracker.close();
  }

  @Benchmark
  public Snapshot snapshot() {
    return tracker.snapshot(0);
  }
}
