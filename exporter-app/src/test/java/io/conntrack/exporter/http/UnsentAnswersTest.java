package io.conntrack.exporter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class UnsentAnswersTest {
  private static final int LIMIT_BYTES = 100;

  private final UnsentAnswers unsent = new UnsentAnswers(LIMIT_BYTES);

  /**
   * Begins an answer to a client that reads nothing, so that it ends only when it is cut off.
   * Completes then, with whether the thread is still interrupted.
   */
  private CompletableFuture<Boolean> stalled(int bytes) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          assertThat(unsent.begin(bytes)).isTrue();
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
    CompletableFuture<Boolean> stalled = stalled(60);
    assertThat(unsent.begin(41)).isFalse();
    assertThat(unsent.begin(40)).isTrue();
    unsent.end();
    assertThat(unsent.begin(40)).isTrue();
    assertThat(stalled).isNotDone();
  }

  @Test
  void whoHasNotReadForSecondsIsCutOffToMakeRoom() throws Exception {
    CompletableFuture<Boolean> stalled = stalled(60);
    CompletableFuture<Boolean> later = stalled(20);
    assertThat(unsent.begin(60)).isFalse();
    Await.until("room", () -> unsent.begin(60));

    boolean stillInterrupted = stalled.get(10, TimeUnit.SECONDS);
    assertThat(stillInterrupted).as("its thread is, for its next answer").isFalse();
    assertThat(later).isNotDone();
  }

  @Test
  void anAnswerThatIsLongerThanAllTheRoomIsSentAlone() {
    assertThat(unsent.begin(10 * LIMIT_BYTES)).isTrue();
    unsent.end();
    assertThat(unsent.begin(1)).isTrue();
  }
}
