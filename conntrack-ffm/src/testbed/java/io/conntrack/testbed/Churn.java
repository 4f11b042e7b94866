package io.conntrack.testbed;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A load of flows that come, change and go at a steady rate. Each flow is created, updated when
 * half a window of later ones has been created, and deleted after a whole window: three events a
 * flow (a TCP connection goes from its state to TIME_WAIT).
 *
 * @param flows the flow of each number from 0 on; numbers within a window give different tuples
 * @param windowFlows how many flows are in the table at a time
 * @param flowsPerSecond how many are created a second, if the machine can
 */
public record Churn(IntFunction<SyntheticFlow> flows, int windowFlows, int flowsPerSecond) {
  /** Few enough for one batch and often enough for an even load. */
  private static final int STEPS_PER_SECOND = 500;

  private static final long SECOND_NS = 1_000_000_000L;

  /** What a run has done. */
  public record Result(int flows, Duration duration) {
    /** Three events a flow. */
    public double eventsPerSecond() {
      return 3.0 * flows * SECOND_NS / duration.toNanos();
    }
  }

  /**
   * Runs on the calling thread until {@code flowCount} flows have come and gone, which leaves the
   * table as it was. An interrupt ends it early: no more flows come, the rest goes at once, and the
   * interrupt flag stays set.
   */
  public Result run(FlowWriter writer, int flowCount) {
    int step = Math.max(1, flowsPerSecond / STEPS_PER_SECOND);
    long startNs = System.nanoTime();
    int created = 0;
    while (created < flowCount && !Thread.currentThread().isInterrupted()) {
      int next = Math.min(flowCount, created + step);
      moveOn(writer, created, next);
      created = next;
      awaitTurn(startNs, created);
    }
    finish(writer, created);
    return new Result(created, Duration.ofNanos(System.nanoTime() - startNs));
  }

  private void moveOn(FlowWriter writer, int from, int to) {
    writer.create(range(from, to));
    writer.update(range(from - windowFlows / 2, to - windowFlows / 2).map(Churn::ending));
    writer.delete(range(from - windowFlows, to - windowFlows));
  }

  private void finish(FlowWriter writer, int created) {
    writer.update(range(created - windowFlows / 2, created).map(Churn::ending));
    writer.delete(range(created - windowFlows, created));
  }

  private Stream<SyntheticFlow> range(int from, int to) {
    return IntStream.range(Math.max(0, from), Math.max(0, to)).mapToObj(flows);
  }

  private static SyntheticFlow ending(SyntheticFlow flow) {
    return flow.state().isPresent() ? flow.state(TcpState.TIME_WAIT) : flow;
  }

  private void awaitTurn(long startNs, int created) {
    long aheadNs = startNs + created * SECOND_NS / flowsPerSecond - System.nanoTime();
    if (aheadNs > 0) {
      LockSupport.parkNanos(aheadNs);
    }
  }
}
