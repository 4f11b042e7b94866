package io.conntrack.benchmarks;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointRule;
import io.conntrack.aggregator.remote.EndpointRule.PortRange;
import io.conntrack.aggregator.remote.EndpointRules;
import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.remote.RuleAction;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/**
 * What rules cost an event: a known flow changes its state, and of all rules the last one alone
 * matches it, which is as long as it can take.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(RulesBenchmark.EVENTS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class RulesBenchmark {
  static final int EVENTS = 1024;

  /** So few that their tables are in the cache: what is added to an event is seen best. */
  private static final int FLOWS = 1_000;

  /** Of which rules may make ten thousand: the tracker has room for as many. */
  private static final int ENDPOINTS = 10_000;

  private static final long SEED = 42;
  private static final long ELSEWHERE = 0x0000ffff_ac100000L;

  /** Each has one network, so that this many are compared; 4,000 are the most that a file has. */
  @Param({"0", "1", "10", "100", "1000", "4000"})
  public int rules;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Flow flow = new Flow();
  private FlowTracker tracker;

  @Setup
  public void fill() {
    tracker = Trackers.withFlows(FLOWS, ENDPOINTS);
    tracker.endpointRules(
        new EndpointRules(IntStream.range(0, rules).mapToObj(this::rule).toList()));
  }

  private EndpointRule rule(int number) {
    boolean last = number == rules - 1;
    Network network =
        last
            ? new Network(0, Trackers.FIRST_REMOTE, 96 + 9, Network.ANY_PORT)
            : new Network(0, ELSEWHERE + 256L * number, 96 + 24, Network.ANY_PORT);
    return new EndpointRule(
        List.of(network),
        List.of(new PortRange(Trackers.PORT, Trackers.PORT)),
        Set.of(),
        List.of(Trackers.TCP),
        last ? RuleAction.Plain.DROP_PORT : RuleAction.Group.named("group-" + number));
  }

  @TearDown
  public void free() {
    tracker.close();
  }

  @Benchmark
  public void update() {
    for (int i = 0; i < EVENTS; i++) {
      int state = (i & 1) == 0 ? Trackers.TIME_WAIT : Trackers.ESTABLISHED;
      tracker.onUpdate(Trackers.fill(flow, random.nextInt(FLOWS), ENDPOINTS, state));
    }
  }
}
