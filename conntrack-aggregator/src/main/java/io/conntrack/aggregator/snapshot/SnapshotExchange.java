package io.conntrack.aggregator.snapshot;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Hands snapshots from the reader to the threads that ask for them: the one publication between
 * threads.
 *
 * <p>A thread that asks puts a future in the one place there is, or joins the one that it finds
 * there. The reader takes the future out and only then takes the snapshot, so everyone who shares
 * the future had asked before: a snapshot is never older than the request it answers. The compare
 * and exchange of the thread that asks is ordered before the reader's exchange, and completing a
 * future is ordered before its get.
 *
 * @param <T> what is handed over; must be immutable, since several threads may share it
 */
public final class SnapshotExchange<T> {
  private final Runnable wakeReader;

  /** Those who wait: set from null by any thread, set to null by the reader alone. */
  private final AtomicReference<CompletableFuture<T>> pending = new AtomicReference<>();

  /**
   * @param wakeReader called on the asking thread when the reader has something to do; must not
   *     block. A reader that consumes its wake-up (an eventfd, for one) has to do that before it
   *     calls {@link #deliver}, or it may consume the next one
   */
  public SnapshotExchange(Runnable wakeReader) {
    this.wakeReader = wakeReader;
  }

  /**
   * Waits for a snapshot taken after this call began. Any thread but the reader; those who call at
   * the same time may share one.
   *
   * @throws TimeoutException when the reader did not deliver in time
   * @throws IllegalStateException when the reader failed to take the snapshot; the cause says why
   */
  public T await(long timeoutMs) throws InterruptedException, TimeoutException {
    try {
      return request().get(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the reader failed to take a snapshot", e.getCause());
    }
  }

  private CompletableFuture<T> request() {
    CompletableFuture<T> mine = new CompletableFuture<>();
    CompletableFuture<T> earlier = pending.compareAndExchange(null, mine);
    if (earlier != null) {
      return earlier;
    }
    wakeReader.run();
    return mine;
  }

  /** Whether someone waits. For the reader; cheap enough to ask after every batch. */
  public boolean requested() {
    return pending.get() != null;
  }

  /**
   * Answers those who wait; without any, does nothing. For the reader: never blocks.
   *
   * @param taker takes the snapshot, on this thread. What it throws is thrown on, after those who
   *     wait have been told
   */
  public void deliver(Supplier<? extends T> taker) {
    CompletableFuture<T> waiters = pending.getAndSet(null);
    if (waiters == null) {
      return;
    }
    try {
      waiters.complete(taker.get());
    } catch (Throwable t) {
      waiters.completeExceptionally(t);
      throw t;
    }
  }
}
