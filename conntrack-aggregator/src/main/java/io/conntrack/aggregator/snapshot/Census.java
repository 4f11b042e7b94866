package io.conntrack.aggregator.snapshot;

import java.util.List;

/**
 * What the last complete dump showed of all flows together. Immutable.
 *
 * @param ageMs how long ago that dump ended; below zero if there was none yet
 * @param table all flows, of every protocol
 * @param unanswered those that are sent to and never answered, of the protocols that are counted
 * @param localPorts of servers to which many are used, the most first, if they are asked for
 * @param localPortsLimit how many ports the kernel gives to connections; 0 if it is not told
 */
public record Census(
    long ageMs,
    TableFlows table,
    List<UnansweredFlows> unanswered,
    List<LocalPorts> localPorts,
    int localPortsLimit) {
  /** Before the first complete dump. */
  public static final Census NONE = new Census(-1, TableFlows.NONE, List.of(), List.of(), 0);

  public Census {
    unanswered = List.copyOf(unanswered);
    localPorts = List.copyOf(localPorts);
  }

  /** The same, of that age. */
  public Census aged(long otherAgeMs) {
    return new Census(otherAgeMs, table, unanswered, localPorts, localPortsLimit);
  }

  public boolean isTaken() {
    return ageMs >= 0;
  }
}
