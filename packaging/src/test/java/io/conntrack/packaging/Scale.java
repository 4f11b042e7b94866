package io.conntrack.packaging;

import java.time.Duration;

/**
 * How much a campaign asks of the machine.
 *
 * @param flows synthetic ones in a table or burst, a multiple of 16
 * @param resyncInterval where the interval is what makes the numbers right
 * @param load how long connections come and go in one step
 * @param pause how long the program is stopped
 * @param collections of the program's heap, one after the other
 */
record Scale(int flows, String resyncInterval, Duration load, Duration pause, int collections) {
  static final Scale SHORT =
      new Scale(16_000, "1s", Duration.ofSeconds(1), Duration.ofSeconds(2), 3);
  static final Scale LONG =
      new Scale(40_000, "5s", Duration.ofSeconds(10), Duration.ofSeconds(10), 50);
}
