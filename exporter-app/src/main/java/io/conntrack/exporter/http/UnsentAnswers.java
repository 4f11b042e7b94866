package io.conntrack.exporter.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the answers that lie in memory while clients read them. When the bound is reached, the
 * oldest answers are cut off to make room. So a client that does not read keeps nobody else from an
 * answer. A thread sends one answer at a time.
 */
final class UnsentAnswers {
  /** However many wait, a client has so long to read. */
  private static final long GRACE_NS = TimeUnit.SECONDS.toNanos(2);

  private record Sending(long bytes, long sinceNs) {}

  private final long limitBytes;

  /** Oldest first. */
  private final Map<Thread, Sending> sending = new LinkedHashMap<>();

  private long unsentBytes;

  UnsentAnswers(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Begins an answer of the calling thread, if there is room. To cut the answer off, the thread is
   * interrupted. The interrupt closes the channel that the thread writes to.
   */
  synchronized boolean begin(long answerBytes) {
    long bytes = Math.min(answerBytes, limitBytes); // a longer one takes all the room
    while (unsentBytes + bytes > limitBytes) {
      Map.Entry<Thread, Sending> oldest = sending.entrySet().iterator().next();
      if (System.nanoTime() - oldest.getValue().sinceNs() < GRACE_NS) {
        return false;
      }
      oldest.getKey().interrupt();
      remove(oldest.getKey());
    }
    unsentBytes += bytes;
    sending.put(Thread.currentThread(), new Sending(bytes, System.nanoTime()));
    return true;
  }

  /** The calling thread's answer is sent, failed, or was cut off. */
  synchronized void end() {
    Thread thread = Thread.currentThread();
    if (sending.containsKey(thread)) {
      remove(thread);
    } else {
      Thread.interrupted(); // it was meant for this answer, not for what the thread does next
    }
  }

  private void remove(Thread thread) {
    unsentBytes -= sending.remove(thread).bytes();
  }
}
