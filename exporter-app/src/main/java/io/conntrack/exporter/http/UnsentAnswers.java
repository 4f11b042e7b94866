package io.conntrack.exporter.http;

import io.conntrack.exporter.format.Body;
import java.util.IdentityHashMap;
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
  private static final long GRACE_MS = 500;

  private record Sending(Body body, long sinceNs) {}

  private final long limitBytes;

  /** Oldest first. */
  private final Map<Thread, Sending> sending = new LinkedHashMap<>();

  private final Memory unsent = new Memory();

  /** Of answers that wait for room. They are bounded too. */
  private final Memory waiting = new Memory();

  UnsentAnswers(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** The memory of bodies. What several share counts once. */
  private final class Memory {
    /** How many hold each. */
    private final IdentityHashMap<Object, Integer> holders = new IdentityHashMap<>();

    private long usedBytes;

    /** A body that is longer than the limit has room where it is alone. */
    boolean hasRoom(Body body) {
      long moreBytes =
          (holders.containsKey(body) ? 0 : body.heapBytes())
              + (holders.containsKey(body.memory()) ? 0 : body.sharedBytes());
      return holders.isEmpty() || moreBytes == 0 || usedBytes + moreBytes <= limitBytes;
    }

    void add(Body body) {
      take(body, body.heapBytes());
      take(body.memory(), body.sharedBytes());
    }

    /** In the opposite order, since the two may be one. */
    void remove(Body body) {
      give(body.memory(), body.sharedBytes());
      give(body, body.heapBytes());
    }

    private void take(Object held, long bytes) {
      if (holders.merge(held, 1, Integer::sum) == 1) {
        usedBytes += bytes;
      }
    }

    private void give(Object held, long bytes) {
      if (holders.computeIfPresent(held, (same, count) -> count > 1 ? count - 1 : null) == null) {
        usedBytes -= bytes;
      }
    }
  }

  /**
   * Begins an answer of the calling thread. If there is no room, it waits until the oldest answer
   * has had its time. Too many that wait are refused. To cut an answer off, its thread is
   * interrupted. The interrupt closes the channel that the thread writes to.
   */
  synchronized boolean begin(Body body) {
    if (!unsent.hasRoom(body)) {
      if (!waiting.hasRoom(body)) {
        return false;
      }
      waiting.add(body);
      try {
        makeRoom(body);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the server stops
        return false;
      } finally {
        waiting.remove(body);
      }
    }
    unsent.add(body);
    sending.put(Thread.currentThread(), new Sending(body, System.nanoTime()));
    return true;
  }

  private void makeRoom(Body body) throws InterruptedException {
    while (!unsent.hasRoom(body)) {
      Map.Entry<Thread, Sending> oldest = sending.entrySet().iterator().next();
      long sentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - oldest.getValue().sinceNs());
      if (sentMs < GRACE_MS) {
        wait(GRACE_MS - sentMs);
      } else {
        oldest.getKey().interrupt();
        remove(oldest.getKey());
      }
    }
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
    unsent.remove(sending.remove(thread).body());
    notifyAll();
  }
}
