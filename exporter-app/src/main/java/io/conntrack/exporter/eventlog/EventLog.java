package io.conntrack.exporter.eventlog;

import io.conntrack.aggregator.FlowEnd;
import io.conntrack.aggregator.remote.RemoteEnd;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.LogLimit;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.exporter.terms.MonotonicClock;
import io.conntrack.ffm.socket.EventSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.tinylog.Logger;

/**
 * Writes connection events to a stream, on a thread of its own.
 *
 * <p>The reading thread puts events in and never waits. An event is dropped and counted if the ring
 * is full, if the stream fails, or if its message is malformed.
 */
public final class EventLog implements AutoCloseable {
  /** Some 16,000 events of a usual length. */
  private static final int RING_BYTES = 4 << 20;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final long CLOSE_MS = 500;

  private final EventRing ring = new EventRing(RING_BYTES);
  private final EventFormat format;
  private final boolean hasRecords;

  /** Of the reading thread. */
  private final EventChoice choice;

  private final OutputStream out;
  private final Thread thread = new Thread(this::run, "event-log");

  /** Written by both threads: the ring was full, the stream failed, or a message was odd. */
  private final AtomicLong dropped = new AtomicLong();

  /** Of the reading thread. */
  private long droppedTaken;

  /** Set by the thread that closes, read by the log's. */
  private volatile boolean closing;

  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
  private long bufferedEvents;
  private boolean failing;
  private final LogLimit malformedLog = new LogLimit();

  private EventLog(LoggedEvents options, OutputStream out) {
    boolean json = options.format() == EventLogFormat.JSON;
    this.format = json ? new JsonFormat() : new NetfilterFormat();
    this.hasRecords = options.hasRecords();
    this.choice = new EventChoice(options);
    this.out = out;
  }

  /**
   * Starts the thread. Returns null if events are not to be logged. The caller owns the stream. The
   * thread flushes it whenever the ring is empty.
   */
  public static EventLog start(LoggedEvents options, OutputStream out) {
    if (options.format() == EventLogFormat.NONE) {
      return null;
    }
    EventLog log = new EventLog(options, out);
    log.thread.setDaemon(true); // a stream that blocks for ever must not keep the process alive
    log.thread.start();
    return log;
  }

  /** Which events are logged. For the reading thread. */
  public EventChoice choice() {
    return choice;
  }

  /** Whether an event that says that a flow ended takes a {@link FlowEnd} with it. */
  public boolean hasRecords() {
    return hasRecords;
  }

  /**
   * For the reading thread: event {@code index} of the last batch. Followed by {@link #wake}.
   *
   * @param netns the name of another network namespace in ASCII; empty for the own one
   * @param end null unless this is the end of a flow, and there are records
   */
  public void put(EventSocket events, int index, byte[] netns, RemoteEnd remoteEnd, FlowEnd end) {
    long entry = ring.claim();
    if (entry == EventRing.NONE) {
      dropped.incrementAndGet();
      return;
    }
    int lengthBytes = events.copyMessage(index, ring.memory(), EventRing.messageOffset(entry));
    ring.publish(entry, lengthBytes, netns, remoteEnd, nowUnixNs(), end);
  }

  /** For the reading thread: the end of a flow that no event has told. Wakes the log's thread. */
  public void putLost(byte[] netns, FlowEnd end) {
    long entry = ring.claim();
    if (entry == EventRing.NONE) {
      dropped.incrementAndGet();
      return;
    }
    ring.publish(entry, 0, netns, RemoteEnd.ORIGINAL_DESTINATION, nowUnixNs(), end);
    wake();
  }

  private static long nowUnixNs() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000 + now.getNano();
  }

  /** For the reading thread, after the events of a batch. */
  public void wake() {
    LockSupport.unpark(thread);
  }

  /** How many events were not written since the last call. For the reading thread. */
  public long takeDropped() {
    long all = dropped.get();
    long since = all - droppedTaken;
    droppedTaken = all;
    return since;
  }

  private void run() {
    try (LoggedEvent event = new LoggedEvent()) {
      while (true) {
        boolean last = closing; // read before the ring, so that nothing put before is left there
        long entry = ring.peek();
        if (entry == EventRing.NONE) {
          flush();
          if (last) {
            return;
          }
          // What came meanwhile has woken this thread, but whatever waits inside the stream or the
          // log may have taken that.
          if (!closing && ring.peek() == EventRing.NONE) {
            LockSupport.park(this);
          }
        } else {
          take(event, entry);
        }
      }
    }
  }

  /**
   * A failure costs events but does not end the thread. Without the thread no event would be
   * logged.
   */
  private void take(LoggedEvent event, long entry) {
    bufferedEvents++;
    try {
      if (event.read(ring, entry)) {
        format.append(event, buffer);
      } else {
        leaveOut(ring.message(entry));
      }
    } catch (RuntimeException | Error e) {
      drop(e);
    }
    ring.release(entry);
    if (buffer.size() >= BUFFER_BYTES) {
      flush();
    }
  }

  /** Counting took the event, but libnetfilter_conntrack cannot be asked for more of it. */
  private void leaveOut(MemorySegment message) {
    bufferedEvents--;
    dropped.incrementAndGet();
    if (malformedLog.allows(MonotonicClock.nowMs())) {
      Logger.warn(
          "An event is not logged, because its message differs from what"
              + " libnetfilter_conntrack expects. This is a bug of the kernel or of this"
              + " program. Please report it with the message: {}",
          HexFormat.of().formatHex(message.toArray(ValueLayout.JAVA_BYTE)));
    }
  }

  private void flush() {
    if (bufferedEvents == 0) {
      return;
    }
    try {
      if (failing) {
        out.write('\n'); // what was written last may have been cut off within a line
      }
      buffer.writeTo(out);
      out.flush();
      if (failing) {
        failing = false;
        Logger.info("Events are logged again. {} were dropped in all", dropped.get());
      }
      buffer.reset();
      bufferedEvents = 0;
    } catch (IOException | RuntimeException | Error e) {
      drop(e);
    }
  }

  /** Drops what is buffered, of which a part may have been written. */
  private void drop(Throwable reason) {
    dropped.addAndGet(bufferedEvents);
    buffer.reset();
    bufferedEvents = 0;
    if (!failing) {
      failing = true;
      Logger.error(
          "Events cannot be logged: {}. The exporter drops and counts them",
          reason instanceof IOException ? reason.getMessage() : reason);
    }
  }

  /**
   * Writes the events that are in the ring, for half a second at most, and ends the thread. For the
   * reading thread.
   */
  @Override
  public void close() {
    closing = true;
    wake();
    try {
      thread.join(CLOSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!thread.isAlive()) {
      ring.close(); // else the stream blocks, and the thread may still look into the ring
    }
  }
}
