package io.conntrack.benchmarks.endtoend;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What another process takes: its CPU time, user and system, of all threads it has or had, exact to
 * the nanosecond where /proc/PID/stat has ticks of 10 ms; and its resident memory. Any thread.
 */
final class ProcessMeter {
  /** See clock_getcpuclockid(3): the complement of the process and "as the scheduler counts it". */
  private static final int CLOCK_SHIFT = 3;

  private static final int CLOCK_OF_SCHEDULER = 2;
  private static final long SECOND_NS = 1_000_000_000;

  /** A process is idle when it took at most so much CPU time for so long. */
  private static final long IDLE_CPU_NS = 500_000;

  private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(150);
  private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LIMIT_NS = TimeUnit.MINUTES.toNanos(2);

  private static final MethodHandle CLOCK_GETTIME =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("clock_gettime").orElseThrow(),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

  private final long pid;

  ProcessMeter(long pid) {
    this.pid = pid;
  }

  /** CPU time since the start of the process, in ns; it must not have been waited for yet. */
  long cpuNs() {
    int clock = ~Math.toIntExact(pid) << CLOCK_SHIFT | CLOCK_OF_SCHEDULER;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(2 * Long.BYTES, Long.BYTES);
      if ((int) CLOCK_GETTIME.invokeExact(clock, time) != 0) {
        throw new IllegalStateException("no CPU time to be had: pid=" + pid + " has ended");
      }
      return time.get(JAVA_LONG, 0) * SECOND_NS + time.get(JAVA_LONG, Long.BYTES);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError("a downcall threw a checked exception", t);
    }
  }

  /** Waits until the process has nothing to do; returns its CPU time then. */
  long awaitIdle() {
    long startNs = System.nanoTime();
    long idleSinceNs = startNs;
    long idleCpuNs = cpuNs();
    // One that waits for a processor takes no CPU time either, so its threads must sleep as well.
    while (System.nanoTime() - idleSinceNs < IDLE_NS || isRunnable()) {
      LockSupport.parkNanos(PAUSE_NS);
      long cpuNs = cpuNs();
      long nowNs = System.nanoTime();
      if (cpuNs - idleCpuNs > IDLE_CPU_NS) {
        idleSinceNs = nowNs;
        idleCpuNs = cpuNs;
      }
      requireInTime(startNs, "idle");
    }
    return cpuNs();
  }

  /** Whether any thread runs, or waits for a processor or a device: states R and D of proc(5). */
  private boolean isRunnable() {
    try (var threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("stat"));
        char state = stat.charAt(stat.lastIndexOf(')') + 2);
        if (state == 'R' || state == 'D') {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      return true; // a thread has just ended
    } catch (IOException e) {
      throw new UncheckedIOException("pid=" + pid, e);
    }
  }

  /** Waits until a process whose CPU time was {@code idleNs} has worked {@code leastNs} since. */
  void awaitWork(long idleNs, long leastNs) {
    long startNs = System.nanoTime();
    while (cpuNs() - idleNs < leastNs) {
      LockSupport.parkNanos(PAUSE_NS);
      requireInTime(startNs, "at work");
    }
  }

  private void requireInTime(long startNs, String state) {
    if (System.nanoTime() - startNs > LIMIT_NS) {
      throw new IllegalStateException("pid=" + pid + " was not " + state + " within 2 minutes");
    }
  }

  /** VmRSS. */
  long residentBytes() {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
