package io.conntrack.testbed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How many files a process may have open: prlimit(2), at once, without a process of its own. */
public final class OpenFiles {
  private static final int RLIMIT_NOFILE = 7;

  private OpenFiles() {}

  /** Sets the limit of a running process. What is open beyond it stays so. */
  public static void limit(long pid, long count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limits = arena.allocate(ValueLayout.JAVA_LONG, 2); // soft, hard
      Libc.prlimit((int) pid, RLIMIT_NOFILE, MemorySegment.NULL, limits);
      limits.setAtIndex(ValueLayout.JAVA_LONG, 0, count);
      Libc.prlimit((int) pid, RLIMIT_NOFILE, limits, MemorySegment.NULL);
    }
  }
}
