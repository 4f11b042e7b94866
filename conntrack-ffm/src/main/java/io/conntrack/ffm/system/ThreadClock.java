package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.C_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * The CPU time of the thread that made it: clock_gettime(2). Unlike the time that has passed, it
 * tells what work costs on a busy host too. Belongs to that thread.
 */
public final class ThreadClock implements AutoCloseable {
  /** CLOCK_THREAD_CPUTIME_ID of linux/time.h. */
  private static final int THREAD_CPU_TIME = 3;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment errno = SystemCalls.allocateErrno(arena);

  /** A struct timespec: seconds, then nanoseconds. */
  private final MemorySegment time = arena.allocate(C_LONG, 2);

  /** That of the calling thread. */
  public ThreadClock() {}

  /** CPU time since the thread began, in ns. */
  public long cpuNs() {
    int failed = SystemCalls.clockGetTime(errno, THREAD_CPU_TIME, time);
    assert failed == 0 : "each thread has this clock";
    return TimeUnit.SECONDS.toNanos(time.getAtIndex(C_LONG, 0)) + time.getAtIndex(C_LONG, 1);
  }

  @Override
  public void close() {
    arena.close();
  }
}
