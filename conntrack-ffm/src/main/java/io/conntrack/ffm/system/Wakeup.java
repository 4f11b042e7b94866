package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.EFD_CLOEXEC;
import static io.conntrack.ffm.generated.Netfilter.EFD_NONBLOCK;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Wakes a thread that waits in a {@link Poller}: eventfd(2).
 *
 * <p>Any thread may {@link #signal}; the polling thread opens it, clears it and closes it. Signals
 * that were not yet cleared are one. A signal after {@link #close} does nothing.
 */
public final class Wakeup implements Poller.Source, AutoCloseable {
  /** Shared: every signalling thread reads {@link #one} here. */
  private final Arena arena;

  private final int descriptor;
  private final MemorySegment one;
  private final MemorySegment count;
  private boolean closed;

  private Wakeup(Arena arena, int descriptor) {
    this.arena = arena;
    this.descriptor = descriptor;
    this.one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    this.count = arena.allocate(ValueLayout.JAVA_LONG);
  }

  /** Opens it for the calling thread to poll. */
  public static Wakeup open() throws ConntrackException {
    Libraries.require();
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment errno = SystemCalls.allocateErrno(scratch);
      int descriptor = SystemCalls.eventfd(errno, EFD_CLOEXEC() | EFD_NONBLOCK());
      if (descriptor < 0) {
        throw SystemCalls.failed("eventfd()", SystemCalls.errno(errno));
      }
      return new Wakeup(Arena.ofShared(), descriptor);
    }
  }

  /** Makes the source readable; never blocks on the polling thread's work. */
  public synchronized void signal() {
    if (!closed) {
      // A full counter is the only failure, and then the source is readable already.
      SystemCalls.write(descriptor, one);
    }
  }

  /** Takes back all signals so far. */
  public void clear() {
    SystemCalls.read(descriptor, count);
  }

  @Override
  public int descriptor() {
    return descriptor;
  }

  /** The lock keeps a signal from writing to a descriptor that has been closed and given anew. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      SystemCalls.close(descriptor);
      arena.close();
    }
  }
}
