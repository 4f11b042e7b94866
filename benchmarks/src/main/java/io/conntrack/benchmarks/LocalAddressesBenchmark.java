package io.conntrack.benchmarks;

import io.conntrack.aggregator.remote.LocalAddresses;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.Warmup;

/** Whether an address is this host's: of a usual host, and of one with 100,000 local routes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2)
public class LocalAddressesBenchmark {
  private static final int WORDS = 3;
  private static final int SINGLE = 128;
  private static final long FIRST = 0x0000ffff_0a000000L;
  private static final int LOOKUPS = 1 << 16;
  private static final long SEED = 42;

  /** Single addresses, or networks of 256. */
  @Param({"128", "120"})
  public int bits;

  @Param({"10", "100000"})
  public int count;

  private final long[] own = new long[LOOKUPS];
  private final long[] others = new long[LOOKUPS];
  private LocalAddresses local;
  private int next;

  @Setup
  public void fill() {
    long[] networks = new long[WORDS * (count + 1)];
    int stride = 1 << (SINGLE - bits);
    for (int i = 0; i < count; i++) {
      networks[WORDS * i + 1] = FIRST + (long) i * stride;
      networks[WORDS * i + 2] = bits;
    }
    networks[WORDS * count + 1] = 0x0000ffff_7f000000L; // 127.0.0.0/8, which every host has
    networks[WORDS * count + 2] = SINGLE - 24;
    local = LocalAddresses.ofNetworks(networks);
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < LOOKUPS; i++) {
      own[i] = FIRST + (long) random.nextInt(count) * stride;
      others[i] = 0x0000ffff_40000000L + random.nextInt();
    }
  }

  @Benchmark
  public boolean own() {
    return local.contains(0, own[next++ & (LOOKUPS - 1)]);
  }

  @Benchmark
  public boolean another() {
    return local.contains(0, others[next++ & (LOOKUPS - 1)]);
  }
}
