package io.conntrack.ffm.message;

import io.conntrack.testbed.RealMessages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
 * What it costs that libmnl is asked about the messages, beside a plain loop in Java. In this
 * package, as what it measures.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(UpcallBenchmark.MESSAGES)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class UpcallBenchmark {
  /** As a portion of a dump has them. */
  static final int MESSAGES = 128;

  private Arena arena;
  private MemorySegment run;
  private MessageWalk messages;
  private long sum;

  @Setup
  public void allocate() {
    arena = Arena.ofConfined();
    int strideBytes = Netlink.align(RealMessages.NEW.length);
    run = arena.allocate((long) MESSAGES * strideBytes, Long.BYTES);
    for (int i = 0; i < MESSAGES; i++) {
      MemorySegment.copy(
          MemorySegment.ofArray(RealMessages.NEW),
          0,
          run,
          (long) i * strideBytes,
          RealMessages.NEW.length);
    }
    messages = new MessageWalk(arena, run, this::visit);
  }

  @TearDown
  public void free() {
    arena.close();
  }

  @Benchmark
  public long walk() {
    sum = 0;
    int errno = messages.run(run.byteSize(), 0, 0);
    if (errno != 0) {
      throw new IllegalStateException("the walk failed: errno=" + errno);
    }
    return sum;
  }

  @Benchmark
  public long loop() {
    sum = 0;
    long at = 0;
    while (at < run.byteSize()) {
      long next = at + Netlink.align(Netlink.lengthBytes(run, at));
      visit(run, at);
      at = next;
    }
    return sum;
  }

  private boolean visit(MemorySegment messages, long message) {
    sum += Netlink.type(messages, message);
    return true;
  }
}
