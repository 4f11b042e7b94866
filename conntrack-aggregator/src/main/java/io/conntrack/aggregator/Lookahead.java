package io.conntrack.aggregator;

import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.remote.KeyedHash;

/**
 * Makes the processor fetch what a tracker needs for the next messages: the entries of all flows at
 * once, then their endpoints.
 *
 * <p>The kernel's work leaves little of the tables in the caches. Fetching one entry after the
 * other took a fifth of an event's whole time. Each loop does little, so many fetches run at a
 * time. Results are kept in the flows. Belongs to the reader.
 */
final class Lookahead {
  private final KeyedHash keyedHash = KeyedHash.random();
  private final FlowTable flows;
  private final EndpointTable endpoints;
  private final EndpointResolver resolver;

  /** Of flows that are new, where their endpoints may be found. */
  private final long[] places = new long[FlowTracker.MOST_EXPECTED];

  /** Of flows that are known, the numbers of their endpoints. */
  private final int[] known = new int[FlowTracker.MOST_EXPECTED];

  /** Written so that the compiler cannot leave the reading out. */
  @SuppressWarnings("UnusedVariable")
  private long touched;

  Lookahead(FlowTable flows, EndpointTable endpoints, EndpointResolver resolver) {
    this.flows = flows;
    this.endpoints = endpoints;
    this.resolver = resolver;
  }

  /** See {@link FlowTracker#expect}. */
  void expect(Flow[] next, int count) {
    for (int i = 0; i < count; i++) {
      next[i].expectedHash = keyedHash.ofFlow(next[i]);
    }
    long words = 0;
    for (int i = 0; i < count; i++) {
      words ^= flows.touch(next[i].expectedHash);
    }
    for (int i = 0; i < count; i++) {
      long hash = next[i].expectedHash;
      boolean atHome = flows.isAtHome(hash);
      places[i] = atHome ? EndpointStore.NO_PLACE : resolver.likelyPlace(next[i]);
      known[i] = atHome ? FlowEntry.endpoint(flows.valueAtHome(hash)) : FlowEntry.NO_ENDPOINT;
    }
    for (int i = 0; i < count; i++) {
      next[i].expectedEndpoint = endpoints.at(places[i]);
    }
    for (int i = 0; i < count; i++) {
      words ^= endpoints.touch(next[i].expectedEndpoint) ^ endpoints.touch(known[i]);
    }
    touched = words;
  }

  /** The flow's hash, which is known already if it was expected: once. */
  long takeHash(Flow flow) {
    long hash = flow.expectedHash == 0 ? keyedHash.ofFlow(flow) : flow.expectedHash;
    assert hash == keyedHash.ofFlow(flow) : "a flow was expected, and has changed since";
    flow.expectedHash = 0;
    return hash;
  }

  /**
   * If the flow was expected, the number of an endpoint that may be the flow's, or none. Only once
   * for each.
   */
  int takeEndpoint(Flow flow) {
    int endpoint = flow.expectedEndpoint;
    flow.expectedEndpoint = FlowEntry.NO_ENDPOINT;
    return endpoint;
  }
}
