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
 */
public record TrackerOptions(
    int maxFlows,
    int maxEndpoints,
    long endpointRetentionMs,
    EndpointOptions endpoints,
    IgnoredHosts ignored,
    SourceView sources,
    int maxSources,
    int localPorts) {

  /** What the sizes of the tables can count. */
  private static final int FLOWS_LIMIT = 1_000_000_000;

  private static final int ENDPOINTS_LIMIT = 100_000_000;

  public TrackerOptions {
    requireFlows(maxFlows);
    requireWithin("maxEndpoints", maxEndpoints, 1, ENDPOINTS_LIMIT);
    requireWithin("maxSources", maxSources, 1, ENDPOINTS_LIMIT);
    requireWithin("endpointRetentionMs", endpointRetentionMs, 0, Long.MAX_VALUE);
  }

  /** Without sources and local ports. */
  public TrackerOptions(
      int maxFlows,
      int maxEndpoints,
      long endpointRetentionMs,
      EndpointOptions endpoints,
      IgnoredHosts ignored) {
    this(maxFlows, maxEndpoints, endpointRetentionMs, endpoints, ignored, SourceView.NONE, 1, 0);
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
