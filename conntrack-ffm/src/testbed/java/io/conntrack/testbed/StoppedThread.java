package io.conntrack.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One thread of another process that stands still, as if it hung, while the others go on: see
 * ptrace(2). To be closed by the thread that stopped it.
 */
public final class StoppedThread implements AutoCloseable {
  private static final long PTRACE_SEIZE = 0x4206;
  private static final long PTRACE_INTERRUPT = 0x4207;
  private static final long PTRACE_DETACH = 17;
  private static final int WALL = 0x4000_0000;

  private final int thread;

  private StoppedThread(int thread) {
    this.thread = thread;
  }

  /** Returns when the thread stands still. */
  public static StoppedThread of(long process, String name) throws IOException {
    int thread = find(process, name);
    Libc.ptrace(PTRACE_SEIZE, thread);
    Libc.ptrace(PTRACE_INTERRUPT, thread);
    Libc.waitpid(thread, WALL);
    return new StoppedThread(thread);
  }

  private static int find(long process, String name) throws IOException {
    try (var tasks = Files.list(Path.of("/proc/" + process + "/task"))) {
      for (Path task : tasks.toList()) {
        if (Files.readAllLines(task.resolve("comm")).equals(List.of(name))) {
          return Integer.parseInt(task.getFileName().toString());
        }
      }
    }
    throw new AssertionError("process " + process + " has no thread " + name);
  }

  /** The thread goes on. */
  @Override
  public void close() {
    Libc.ptrace(PTRACE_DETACH, thread);
  }
}
