package io.conntrack.exporter.live;

import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.terms.UnavailableException;
import java.lang.ref.SoftReference;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The endpoints of now, for all who look. They share one observation, which is at most two seconds
 * old, and which asks nothing of the kernel. Rates count from an observation of 10 to 20 seconds
 * ago. Any thread may ask.
 */
public final class LiveTable {
  /** Those who look every two seconds get a new one each time. */
  private static final long FRESH_NS = 1_800_000_000L;

  private static final long WINDOW_NS = 10_000_000_000L;

  /** Rates over a longer time would not be those of now. */
  private static final long LONGEST_NS = 30_000_000_000L;

  private static final double NS_PER_SECOND = 1e9;
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final ObservationSource source;
  private final UnaryOperator<String> names;
  private final LongSupplier clockNs;

  /** Guarded by this. When nobody looks, the heap may take it back. */
  private SoftReference<Kept> kept = new SoftReference<>(null);

  /** Why the reader could not answer last, or null. Guarded by this, like when that was. */
  private String failure;

  private long failedNs;

  private record Taken(Observation observation, long ns) {}

  /**
   * What those who ask next need.
   *
   * @param from where rates count from
   * @param next takes its place when it is old enough
   */
  private record Kept(Taken from, Taken next, LiveState state, long stateNs) {}

  /**
   * Shows what a source observes.
   *
   * @param names the name of an address in a label, or null. It must not wait
   */
  public LiveTable(ObservationSource source, UnaryOperator<String> names) {
    this(source, names, System::nanoTime);
  }

  LiveTable(ObservationSource source, UnaryOperator<String> names, LongSupplier clockNs) {
    this.source = source;
    this.names = names;
    this.clockNs = clockNs;
  }

  /** Waits for the reader, if nobody else has asked just before. */
  synchronized LiveState now() throws UnavailableException {
    Kept last = kept.get();
    long nowNs = clockNs.getAsLong();
    if (last != null && nowNs - last.stateNs < FRESH_NS) {
      return last.state;
    }
    Taken taken = new Taken(glance(nowNs), nowNs);
    Kept made =
        last == null || nowNs - last.stateNs > LONGEST_NS ? first(taken) : after(last, taken);
    kept = new SoftReference<>(made);
    return made.state;
  }

  /** Those who wait behind one in vain do not wait again, one after the other. */
  private Observation glance(long nowNs) throws UnavailableException {
    if (failure != null && nowNs - failedNs < FRESH_NS) {
      throw new UnavailableException(failure);
    }
    try {
      Observation observation = source.glance(DEADLINE);
      failure = null;
      return observation;
    } catch (UnavailableException e) {
      failure = e.getMessage();
      failedNs = clockNs.getAsLong();
      throw e;
    }
  }

  private Kept first(Taken taken) {
    LiveState state =
        LiveState.of(Instant.now(), OptionalDouble.empty(), taken.observation, null, names);
    return new Kept(taken, taken, state, taken.ns);
  }

  private Kept after(Kept last, Taken taken) {
    boolean old = taken.ns - last.next.ns >= WINDOW_NS;
    double seconds = (taken.ns - last.from.ns) / NS_PER_SECOND;
    LiveState state =
        LiveState.of(
            Instant.now(),
            OptionalDouble.of(seconds),
            taken.observation,
            last.from.observation,
            names);
    return new Kept(old ? last.next : last.from, old ? taken : last.next, state, taken.ns);
  }
}
