package io.conntrack.ffm.request;

import java.util.Map;
import java.util.OptionalLong;

/**
 * What the kernel said of its connection tracking table when it was asked. Immutable.
 *
 * @param entries how many are in the table of this network namespace, of every protocol, those that
 *     have expired and are not collected yet included
 * @param limit how many may be, or 0 for any number; an older kernel does not tell it
 * @param counters of each CPU that the host could have, by its number; unsigned, of 32 bits, so
 *     that they wrap. What an older kernel does not count is absent
 */
public record KernelStatistics(
    OptionalLong entries, OptionalLong limit, Map<Integer, Map<KernelCounter, Long>> counters) {
  public KernelStatistics {
    counters = Map.copyOf(counters);
  }
}
