package io.conntrack.ffm.system;

import static io.conntrack.ffm.generated.Netfilter.EINTR;
import static io.conntrack.ffm.generated.Netfilter.POLLIN;

import io.conntrack.ffm.generated.pollfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;

/**
 * Waits until one of a few sources can be read, or has failed: poll(2).
 *
 * <p>Belongs to the thread that made it. It does not own its sources.
 */
public final class Poller implements AutoCloseable {
  /** Something to wait for. */
  public interface Source {
    /** The descriptor as of now, or -1 while there is none: such a source is never readable. */
    int descriptor();
  }

  /** Fields of struct pollfd. */
  private static final long ENTRY_BYTES = pollfd.sizeof();

  private static final long DESCRIPTOR = pollfd.fd$offset();
  private static final long WANTED = pollfd.events$offset();
  private static final long FOUND = pollfd.revents$offset();

  /** Confined: what C writes here is read by the polling thread alone. */
  private final Arena arena = Arena.ofConfined();

  private final Source[] sources;

  /** Of each source, its place among them. */
  private final IdentityHashMap<Source, Integer> places = new IdentityHashMap<>();

  private final MemorySegment descriptors;
  private final MemorySegment errno = SystemCalls.allocateErrno(arena);

  public Poller(Source... sources) {
    this.sources = sources.clone();
    for (int i = 0; i < sources.length; i++) {
      places.put(sources[i], i);
    }
    this.descriptors = pollfd.allocateArray(sources.length, arena);
  }

  /**
   * Waits until a source is readable, {@code timeoutMs} have passed (-1: no limit) or a signal
   * came.
   */
  public void await(int timeoutMs) throws ConntrackException {
    for (int i = 0; i < sources.length; i++) {
      long entry = i * ENTRY_BYTES;
      descriptors.set(ValueLayout.JAVA_INT, entry + DESCRIPTOR, sources[i].descriptor());
      descriptors.set(ValueLayout.JAVA_SHORT, entry + WANTED, (short) POLLIN());
      descriptors.set(ValueLayout.JAVA_SHORT, entry + FOUND, (short) 0);
    }
    int ready = SystemCalls.poll(errno, descriptors, sources.length, timeoutMs);
    if (ready < 0 && SystemCalls.errno(errno) != EINTR()) {
      throw SystemCalls.failed("poll(count=" + sources.length + ")", SystemCalls.errno(errno));
    }
  }

  /** Whether the last {@link #await} found the source readable or failed; reading tells which. */
  public boolean isReady(Source source) {
    Integer place = places.get(source);
    if (place == null) {
      throw new IllegalArgumentException("source=" + source + " is not one of this poller's");
    }
    return descriptors.get(ValueLayout.JAVA_SHORT, place * ENTRY_BYTES + FOUND) != 0;
  }

  @Override
  public void close() {
    arena.close();
  }
}
