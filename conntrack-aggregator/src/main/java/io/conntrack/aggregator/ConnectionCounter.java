package io.conntrack.aggregator;

import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.TcpState;

/**
 * Counts each flow that has a state and is not ignored at its endpoint, exactly once. Belongs to
 * the reader.
 */
final class ConnectionCounter {
  private final EndpointTable endpoints;
  private final EndpointResolver resolver;
  private long countedFlows;
  private long ignoredFlows;

  ConnectionCounter(EndpointTable endpoints, EndpointResolver resolver) {
    this.endpoints = endpoints;
    this.resolver = resolver;
  }

  long countedFlows() {
    return countedFlows;
  }

  /** Those that have a state and are ignored. */
  long ignoredFlows() {
    return ignoredFlows;
  }

  /**
   * Counts a flow at its endpoint, which is probably the same as before. Returns the value of the
   * flow's entry, as of this epoch, without flags.
   */
  long count(Flow flow, int tcpState, int endpointBefore, int epoch) {
    ConnectionState state = ConnectionState.ofTcp(tcpState);
    int endpoint = FlowEntry.NO_ENDPOINT;
    if (state != null) {
      endpoint = resolver.resolve(flow, tcpState, endpointBefore);
      if (endpoint == FlowEntry.IGNORED) {
        ignoredFlows++;
      } else {
        endpoints.add(endpoint, state);
        endpoints.counts().addTcp(endpoint, tcpState, 1);
        countedFlows++;
      }
    }
    return FlowEntry.valueOf(endpoint, ConnectionState.knownTcp(tcpState), epoch);
  }

  /** Counts a flow as the message says, no longer as before. Returns the same as {@code count}. */
  long recount(Flow flow, long before, int epoch) {
    boolean told = flow.tcpState != Flow.NO_STATE;
    int tcpState = told ? flow.tcpState : FlowEntry.tcpState(before);
    long after = count(flow, tcpState, FlowEntry.endpoint(before), epoch);
    uncount(before); // After counting, so that an endpoint that stays is never empty in between.
    return after;
  }

  /** A flow with this value is gone, or no longer what it was. */
  void uncount(long value) {
    ConnectionState state = ConnectionState.ofTcp(FlowEntry.tcpState(value));
    if (state == null) {
      return;
    }
    int endpoint = FlowEntry.endpoint(value);
    if (endpoint == FlowEntry.IGNORED) {
      ignoredFlows--;
    } else {
      endpoints.remove(endpoint, state);
      endpoints.counts().addTcp(endpoint, FlowEntry.tcpState(value), -1);
      countedFlows--;
    }
  }

  /**
   * Whether the sum over all flows, one by one, equals what the endpoints say. Slow: for
   * assertions.
   */
  boolean agreesWith(FlowTable flows) {
    int[] connections = endpoints.shown().zeroes();
    int[] tcpConnections = endpoints.shown().tcpZeroes();
    for (long slot = 0; slot < flows.capacitySlots(); slot++) {
      long value = flows.isEmpty(slot) ? FlowEntry.EMPTY : flows.value(slot);
      ConnectionState state = ConnectionState.ofTcp(FlowEntry.tcpState(value));
      if (state != null && FlowEntry.endpoint(value) != FlowEntry.IGNORED) {
        int endpoint = FlowEntry.endpoint(value);
        connections[endpoint * ConnectionState.COUNT + state.column]++;
        if (tcpConnections.length > 0) {
          int column = TcpState.column(FlowEntry.tcpState(value));
          tcpConnections[endpoint * TcpState.COUNT + column]++;
        }
      }
    }
    return endpoints.shown().agreesWith(connections, tcpConnections);
  }
}
