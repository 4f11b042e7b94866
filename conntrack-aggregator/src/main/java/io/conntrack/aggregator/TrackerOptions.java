package io.conntrack.aggregator;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.SourceView;

/**
 * How much a {@link FlowTracker} may hold, and how it labels.
 *
 * @param maxFlows flows kept at once; more are left out, until there is room. At most 30 bytes
 *     each, taken as they come, and for a fourth more that end while a dump is under way
 * @param maxEndpoints remote endpoints kept at once; the flows of more are counted as {@code other}
 * @param endpointRetentionMs how long an endpoint stays, at zero, after its last flow
 * @param endpoints what tells endpoints apart
 * @param ignored remote hosts whose flows are counted nowhere
 * @param sources whether flows are counted by their sources too: 15 bytes more for each at most
 * @param maxSources sources kept at once; the flows of more are counted as {@code other}
 * @param localPorts the local ports towards a server are told if there are more than this; none are
 *     counted if it is 0
 * @param records whether {@link FlowEnd}s are told: 45 bytes more for each flow at most, and 60
 *     more if traffic is counted
 */
public record TrackerOptions(
    int maxFlows,
    int maxEndpoints,
    long endpointRetentionMs,
    EndpointOptions endpoints,
    IgnoredHosts ignored,
    SourceView sources,
    int maxSources,
    int localPorts,
    boolean records) {

  /** What the sizes of the tables can count. */
  private static final int FLOWS_LIMIT = 1_000_000_000;

  private static final int ENDPOINTS_LIMIT = 100_000_000;

  /** Room for the flows that end while a dump is under way, as a part of the room for flows. */
  private static final int FLOWS_PER_TOMBSTONE = 4;

  /** Without sources, local ports and records. */
  public TrackerOptions(
      int maxFlows,
      int maxEndpoints,
      long endpointRetentionMs,
      EndpointOptions endpoints,
      IgnoredHosts ignored) {
    this(
        maxFlows,
        maxEndpoints,
        endpointRetentionMs,
        endpoints,
        ignored,
        SourceView.NONE,
        1,
        0,
        false);
  }

  public TrackerOptions {
    requireFlows(maxFlows);
    requireWithin("maxEndpoints", maxEndpoints, 1, ENDPOINTS_LIMIT);
    requireWithin("maxSources", maxSources, 1, ENDPOINTS_LIMIT);
    requireWithin("endpointRetentionMs", endpointRetentionMs, 0, Long.MAX_VALUE);
  }

  static int tombstonesFor(int maxFlows) {
    return Math.max(1, maxFlows / FLOWS_PER_TOMBSTONE);
  }

  static void requireFlows(int maxFlows) {
    requireWithin("maxFlows", maxFlows, 1, FLOWS_LIMIT);
  }

  private static void requireWithin(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + "=" + value + " is out of range; give a number from " + least + " to " + most);
    }
  }
}
