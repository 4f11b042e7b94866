package io.conntrack.aggregator.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SnapshotExchangeTest {
  private static final long LONG_MS = 30_000;

  private final Semaphore wakeUps = new Semaphore(0);
  private final SnapshotExchange<String> exchange = new SnapshotExchange<>(wakeUps::release);

  @Test
  void whoAsksWakesTheReaderAndGetsWhatItDelivers() throws Exception {
    assertThat(exchange.requested()).isFalse();
    CompletableFuture<String> waiter = ask();
    wakeUps.acquire();
    assertThat(exchange.requested()).isTrue();

    exchange.deliver(() -> "now");

    assertThat(waiter.get()).isEqualTo("now");
    assertThat(exchange.requested()).isFalse();
  }

  @Test
  void allWhoAskBeforeItIsTakenShareOne() throws Exception {
    List<CompletableFuture<String>> waiters = new ArrayList<>();
    List<Thread> askers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiters.add(
          CompletableFuture.supplyAsync(
              () -> await(LONG_MS), task -> askers.add(startThread(task))));
    }
    while (!askers.stream().allMatch(asker -> asker.getState() == Thread.State.TIMED_WAITING)) {
      Thread.onSpinWait();
    }
    assertThat(wakeUps.drainPermits()).isEqualTo(1);
    AtomicInteger taken = new AtomicInteger();

    exchange.deliver(() -> "number " + taken.incrementAndGet());

    for (CompletableFuture<String> waiter : waiters) {
      assertThat(waiter.get()).isEqualTo("number 1");
    }
  }

  private static Thread startThread(Runnable task) {
    Thread thread = new Thread(task);
    thread.start();
    return thread;
  }

  @Test
  void noSnapshotIsTakenWhenNobodyAsks() {
    exchange.deliver(() -> {
      throw new AssertionError("taken for nobody");
    });
  }

  @Test
  void whoAsksTooLateForOneSnapshotGetsTheNext() throws Exception {
    CompletableFuture<String> early = ask();
    wakeUps.acquire();
    List<CompletableFuture<String>> late = new ArrayList<>();

    exchange.deliver(() -> {
      late.add(ask());
      wakeUps.acquireUninterruptibly();
      return "first";
    });

    assertThat(early.get()).isEqualTo("first");
    assertThat(late.get(0)).isNotDone();
    exchange.deliver(() -> "second");
    assertThat(late.get(0).get()).isEqualTo("second");
  }

  @Test
  void withoutAReaderTheWaitEndsInTime() {
    assertThatThrownBy(() -> exchange.await(1)).isInstanceOf(TimeoutException.class);
  }

  @Test
  void aRequestThatWasGivenUpIsAnsweredForWhoJoinsIt() throws Exception {
    assertThatThrownBy(() -> exchange.await(1)).isInstanceOf(TimeoutException.class);
    CountDownLatch asking = new CountDownLatch(1);
    CompletableFuture<String> joined =
        CompletableFuture.supplyAsync(() -> {
          asking.countDown();
          return await(LONG_MS);
        });
    asking.await();
    while (!joined.isDone()) {
      exchange.deliver(() -> "late");
      Thread.onSpinWait();
    }

    assertThat(joined.get()).isEqualTo("late");
  }

  @Test
  void aReaderThatFailsTellsThoseWhoWaitAndIsTold() throws Exception {
    CompletableFuture<String> waiter = ask();
    wakeUps.acquire();
    IllegalArgumentException failure = new IllegalArgumentException("full");

    assertThatThrownBy(() ->
            exchange.deliver(() -> {
              throw failure;
            }))
        .isSameAs(failure);

    assertThatThrownBy(waiter::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the reader failed to take a snapshot")
        .hasCause(failure);
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread waiter =
        new Thread(() -> {
          try {
            exchange.await(LONG_MS);
            ended.complete(null);
          } catch (InterruptedException | TimeoutException e) {
            ended.complete(e);
          }
        });
    waiter.start();
    wakeUps.acquire();
    waiter.interrupt();

    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    waiter.join();
  }

  /** The reader counts up; whoever asks must get a number at least as high as before it asked. */
  @Test
  void manyWhoAskAtOnceAllGetAFreshSnapshot() throws Exception {
    int askers = 8;
    int rounds = 2_000;
    AtomicInteger applied = new AtomicInteger();
    Semaphore wake = new Semaphore(0);
    SnapshotExchange<Integer> numbers = new SnapshotExchange<>(wake::release);
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < askers; i++) {
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int round = 0; round < rounds; round++) {
                  int before = applied.get();
                  assertThat(awaitNumber(numbers)).isGreaterThanOrEqualTo(before);
                }
              },
              task -> new Thread(task).start()));
    }
    CompletableFuture<Void> done = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    while (!done.isDone()) {
      applied.incrementAndGet();
      if (wake.tryAcquire(1, TimeUnit.MILLISECONDS)) {
        numbers.deliver(applied::get);
      }
    }
    done.get();
  }

  private static int awaitNumber(SnapshotExchange<Integer> numbers) {
    try {
      return numbers.await(LONG_MS);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private CompletableFuture<String> ask() {
    return CompletableFuture.supplyAsync(() -> await(LONG_MS), task -> new Thread(task).start());
  }

  private String await(long timeoutMs) {
    try {
      return exchange.await(timeoutMs);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
