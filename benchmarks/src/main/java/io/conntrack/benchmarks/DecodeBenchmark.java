package io.conntrack.benchmarks;

import io.conntrack.ffm.message.FlowDecoder;
import io.conntrack.ffm.message.FlowRecord;
import io.conntrack.ffm.message.LibraryDecoder;
import io.conntrack.ffm.message.WireDecoder;
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

/** One message into one record: the decoder that runs beside the library's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Messages.COUNT)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class DecodeBenchmark {
  private static final long RECORD_BYTES = 88;

  private Arena arena;
  private Messages messages;
  private MemorySegment record;

  @Setup
  public void allocate() {
    arena = Arena.ofConfined();
    messages = new Messages(arena);
    record = arena.allocate(RECORD_BYTES, Long.BYTES);
  }

  @TearDown
  public void free() {
    arena.close();
  }

  @Benchmark
  public long wire() {
    return decodeAll(new WireDecoder());
  }

  @Benchmark
  public long library() {
    return decodeAll(new LibraryDecoder());
  }

  private long decodeAll(FlowDecoder decoder) {
    long sum = 0;
    for (int i = 0; i < Messages.COUNT; i++) {
      if (!decoder.decode(messages.memory, messages.offset(i), Messages.BYTES, record, 0)) {
        throw new IllegalStateException("message=" + i + " was not decoded");
      }
      sum += FlowRecord.originalDestinationLow(record, 0) + FlowRecord.state(record, 0);
    }
    return sum;
  }
}
