package io.conntrack.aggregator.snapshot;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Hands snapshots from the reader to the threads that ask for them. It is the only publication
 * between threads.
 *
 * <p>There is one place for a future. A thread that asks puts a future there, or joins the one that
 * it finds. The reader removes the future and only then takes the snapshot. So a snapshot is never
 * older than the requests that it answers. The compare and exchange of the thread that asks is
 * ordered before the reader's exchange, and completing a future is ordered before its get.
 *
 * @param <T> what is handed over. It must be immutable, because several threads may share it
 */
public final class SnapshotExchange<T> {
  private final Runnable wakeReader;

  /** The future of all who wait. Any thread sets it from null, only the reader sets it to null. */
  private final AtomicReference<CompletableFuture<T>> pending = new AtomicReference<>();

  /**
   * @param wakeReader called on the asking thread when the reader has something to do. It must not
   *     block. A reader that consumes its wake-up, as of an eventfd, must do so before it calls
   *     {@link #deliver}. Else it may consume the next wake-up
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
   * Answers those who wait, if there are any. For the reader: never blocks.
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
