package io.conntrack.exporter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.format.Body;
import io.conntrack.testbed.Await;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class UnsentAnswersTest {
  private static final int LIMIT_BYTES = 100;

  private final UnsentAnswers unsent = new UnsentAnswers(LIMIT_BYTES);

  private static Body body(long heapBytes) {
    return body(heapBytes, new Object(), 0);
  }

  private static Body body(long heapBytes, Object memory, long sharedBytes) {
    return new Body() {
      @Override
      public Object memory() {
        return memory;
      }

      @Override
      public long sharedBytes() {
        return sharedBytes;
      }

      @Override
      public long sizeBytes() {
        return heapBytes;
      }

      @Override
      public long heapBytes() {
        return heapBytes;
      }

      @Override
      public void writeTo(OutputStream out) {
        throw new AssertionError("nobody reads it");
      }
    };
  }

  /**
   * Begins an answer to a client that reads nothing, so that it ends only when it is cut off.
   * Completes then, with whether the thread is still interrupted.
   */
  private CompletableFuture<Boolean> stalled(Body body) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          assertThat(unsent.begin(body)).isTrue();
          begun.countDown();
          while (!Thread.currentThread().isInterrupted()) {
            LockSupport.park();
          }
          unsent.end();
          ended.complete(Thread.currentThread().isInterrupted());
        });
    thread.setDaemon(true);
    thread.start();
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    return ended;
  }

  @Test
  void answersBeginAsLongAsThereIsRoom() throws InterruptedException {
    CompletableFuture<Boolean> stalled = stalled(body(60));
    assertThat(unsent.begin(body(40))).isTrue();
    unsent.end();
    assertThat(unsent.begin(body(40))).isTrue();
    assertThat(stalled).isNotDone();
  }

  @Test
  void whoHasNotReadForHalfASecondIsCutOffToMakeRoom() throws Exception {
    CompletableFuture<Boolean> stalled = stalled(body(60));
    CompletableFuture<Boolean> later = stalled(body(20));
    assertThat(unsent.begin(body(60))).isTrue();

    boolean stillInterrupted = stalled.get(10, TimeUnit.SECONDS);
    assertThat(stillInterrupted).as("its thread is, for its next answer").isFalse();
    assertThat(later).isNotDone();
  }

  @Test
  void tooManyThatWaitForRoomAreRefused() throws Exception {
    CompletableFuture<Boolean> stalled = stalled(body(100));
    Thread waiting = new Thread(() -> unsent.begin(body(60)));
    waiting.setDaemon(true);
    waiting.start();
    Await.untilEqual("it to wait", Thread.State.TIMED_WAITING, waiting::getState);
    assertThat(unsent.begin(body(41))).isFalse();
    assertThat(stalled).isNotDone();
  }

  @Test
  void whatAnswersShareCountsOnce() throws InterruptedException {
    Body body = body(60);
    CompletableFuture<Boolean> stalled = stalled(body);
    CompletableFuture<Boolean> other = stalled(body);
    assertThat(unsent.begin(body(40))).isTrue();
    assertThat(stalled).isNotDone();
    assertThat(other).isNotDone();
  }

  @Test
  void beyondWhatTheyShareEachCountsItsOwn() throws InterruptedException {
    Object rows = new Object();
    CompletableFuture<Boolean> stalled = stalled(body(20, rows, 40));
    CompletableFuture<Boolean> other = stalled(body(40, rows, 40));
    assertThat(unsent.begin(body(10, rows, 40))).isTrue(); // makes room
    assertThat(stalled).succeedsWithin(Duration.ofSeconds(10));
    assertThat(other).isNotDone();
  }

  @Test
  void longAnswersAreSentOneAfterTheOther() throws Exception {
    CompletableFuture<Boolean> stalled = stalled(body(10 * LIMIT_BYTES));
    assertThat(unsent.begin(body(10 * LIMIT_BYTES))).isTrue();
    assertThat(stalled.get(10, TimeUnit.SECONDS)).isFalse();
  }
}
