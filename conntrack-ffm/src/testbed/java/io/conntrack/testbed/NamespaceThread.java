package io.conntrack.testbed;

import io.conntrack.testbed.Namespace.Body;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The one platform thread that carries a namespace. It runs bodies in turn until it is closed. */
final class NamespaceThread implements AutoCloseable {
  private final String name;
  private final ExecutorService executor;
  private volatile Thread thread;

  NamespaceThread(String name) {
    this.name = name;
    executor = Executors.newSingleThreadExecutor(this::newThread);
  }

  /** Called once: the executor replaces only a worker that died, which no submitted body can do. */
  private Thread newThread(Runnable worker) {
    thread = Thread.ofPlatform().name(name).daemon().unstarted(worker);
    return thread;
  }

  String name() {
    return name;
  }

  /**
   * Runs the body on this thread, at once when that is the caller. What the body throws is thrown
   * here; a body that takes longer than the limit is interrupted and is an {@link AssertionError}.
   */
  <T, E extends Exception> T call(Body<T, E> body, Duration limit) throws E {
    if (Thread.currentThread().equals(thread)) {
      return body.call();
    }
    Future<T> result = executor.submit(body::call);
    try {
      return result.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw NamespaceThread.<E>asDeclared(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError(name + " is busy after limit=" + limit, whereabouts());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + name, e);
    } finally {
      result.cancel(true);
    }
  }

  void run(Runnable action, Duration limit) {
    call(
        () -> {
          action.run();
          return null;
        },
        limit);
  }

  /** The body can have thrown nothing checked but what it declares. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Exception> E asDeclared(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return (E) thrown;
  }

  private Throwable whereabouts() {
    var whereabouts = new Throwable("where " + name + " is now");
    whereabouts.setStackTrace(thread.getStackTrace());
    return whereabouts;
  }

  /** Lets the thread end, with an interrupt for what it does now; does not wait. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
