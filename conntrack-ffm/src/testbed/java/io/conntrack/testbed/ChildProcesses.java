package io.conntrack.testbed;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts child processes, always on one thread that was born outside of every test namespace.
 *
 * <p>{@link ProcessBuilder#start} may start a "process reaper" thread, which inherits the network
 * namespace of the thread that calls it and lives on for a minute after the child: started inside,
 * it would keep a closed namespace alive, and later serve children of other namespaces. So the
 * children are started here, and {@code nsenter} takes them into their namespace before they begin.
 */
final class ChildProcesses {
  private static final ExecutorService LAUNCHER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("testbed-launcher").daemon().factory());

  private ChildProcesses() {}

  /** Starts the launching thread: to be called before the first namespace is made. */
  static void ready() {
    onLauncher(LAUNCHER.submit(() -> null));
  }

  /** Starts the child; any thread may call this. */
  static Process start(ProcessBuilder builder) {
    return onLauncher(LAUNCHER.submit(builder::start));
  }

  /**
   * Runs a child to its end and returns its standard output. An exit code other than 0, or running
   * longer than the limit, is an {@link AssertionError} with all that the child wrote. Output goes
   * through files, so that a grandchild that keeps the pipe open can't hold up the caller.
   */
  static String output(ProcessBuilder builder, Duration limit) {
    try {
      Path stdout = Files.createTempFile("testbed", ".out");
      Path stderr = Files.createTempFile("testbed", ".err");
      try {
        builder.redirectInput(new File("/dev/null"));
        builder.redirectOutput(stdout.toFile()).redirectError(stderr.toFile());
        Process child = start(builder);
        String end = awaitEnd(child, limit);
        String output = Files.readString(stdout);
        if (!end.equals("exit code 0")) {
          String all = "%s\n%s\n%s".formatted(end, output, Files.readString(stderr));
          throw new AssertionError(String.join(" ", builder.command()) + ": " + all);
        }
        return output;
      } finally {
        Files.delete(stdout);
        Files.delete(stderr);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String awaitEnd(Process child, Duration limit) {
    try {
      if (child.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return "exit code " + child.exitValue();
      }
      return "killed after limit=" + limit;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "killed since the caller was interrupted";
    } finally {
      child.destroyForcibly();
    }
  }

  private static <T> T onLauncher(Future<T> result) {
    try {
      return result.get(Await.DEFAULT_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("could not start a child process", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("starting a child process took longer than 10 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while starting a child process", e);
    }
  }
}
