package io.conntrack.exporter;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;

/**
 * Ends the process with exit code 0 within a second of SIGTERM or SIGINT.
 *
 * <p>A JVM that a signal ends exits with 128 and the signal's number, and no API changes that but
 * {@link Runtime#halt}. So a shutdown hook, which runs on these signals, closes what is open and
 * then halts.
 */
final class Shutdown {
  private static final long CLOSE_TIME_MS = 700;

  /**
   * The JVM's for the signal, the hook, the one that closes; two that the JVM may add, and those
   * that it runs virtual threads with, as soon as there are any.
   */
  private static final int THREADS = 3 + 2 + 6;

  private volatile int exitCode;
  private final Deque<AutoCloseable> open = new ConcurrentLinkedDeque<>();
  private final Thread hook = new Thread(this::closeAndHalt, "shutdown");

  private Shutdown() {}

  /** From now on, signals end the process this way. */
  static Shutdown onSignal() {
    Shutdown shutdown = new Shutdown();
    Runtime.getRuntime().addShutdownHook(shutdown.hook);
    return shutdown;
  }

  /**
   * Has as many threads at once as ending takes, to see that they are there.
   *
   * @throws OutOfMemoryError if not: then a signal would not end the process
   */
  static void rehearse() {
    CountDownLatch all = new CountDownLatch(1);
    try {
      for (int i = 0; i < THREADS; i++) {
        Thread.ofPlatform().daemon().start(() -> awaitUninterrupted(all));
      }
    } finally {
      all.countDown();
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  /** Takes what is to be closed, last first. */
  <T extends AutoCloseable> T closes(T resource) {
    open.push(resource);
    return resource;
  }

  /** Ends the process the same way, for a reason of its own. Does not return. */
  void exit(int code) {
    exitCode = code;
    System.exit(code); // runs the hook
  }

  /** Closes what is open, and leaves the process to end another way. */
  void cancel() {
    Runtime.getRuntime().removeShutdownHook(hook);
    close();
  }

  private void closeAndHalt() {
    try {
      Thread.ofPlatform().daemon().start(this::close).join(CLOSE_TIME_MS);
    } catch (InterruptedException | OutOfMemoryError e) {
      // Then without closing: the kernel closes sockets anyway.
    } finally {
      Runtime.getRuntime().halt(exitCode);
    }
  }

  private void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        System.err.println("conntrack-exporter: while closing: " + e);
      }
    }
  }
}
