package io.conntrack.exporter.reading;

import io.conntrack.exporter.terms.UnavailableException;
import java.time.Duration;

/** Where observations come from: the reader. Any thread may ask. */
@FunctionalInterface
public interface ObservationSource {

  /**
   * Waits for the state of now. Threads that ask at the same time may get the same one.
   *
   * @throws UnavailableException if there is none within the time, the first resync is not done, or
   *     the reader has stopped
   */
  Observation await(Duration timeout) throws UnavailableException;

  /**
   * Waits for the state that the reader has now. Unlike {@link #await} it never asks the kernel for
   * a resync. So a page may ask every second.
   *
   * @throws UnavailableException as {@link #await}
   */
  default Observation glance(Duration timeout) throws UnavailableException {
    return await(timeout);
  }

  /**
   * How long the reader has not moved: at most a few seconds, unless it hangs. A source that has no
   * thread of its own is never still.
   */
  default Duration stillFor() {
    return Duration.ZERO;
  }
}
