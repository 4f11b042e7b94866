package io.conntrack.ffm.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WakeupTest {
  @Test
  void aSignalFromAnotherThreadEndsTheWait() throws Exception {
    try (Wakeup wakeup = Wakeup.open();
        Poller poller = new Poller(wakeup)) {
      Thread other = Thread.ofPlatform().start(wakeup::signal);
      poller.await(-1);
      assertThat(poller.isReady(wakeup)).isTrue();
      other.join();

      wakeup.clear();
      poller.await(0);
      assertThat(poller.isReady(wakeup)).isFalse();
    }
  }

  @Test
  void manySignalsAreOneAndASignalAfterTheCloseIsNone() throws Exception {
    Wakeup wakeup = Wakeup.open();
    try (Poller poller = new Poller(wakeup)) {
      wakeup.signal();
      wakeup.signal();
      wakeup.clear();
      poller.await(0);
      assertThat(poller.isReady(wakeup)).isFalse();
    }
    wakeup.close();
    wakeup.signal();
    wakeup.close();
  }
}
