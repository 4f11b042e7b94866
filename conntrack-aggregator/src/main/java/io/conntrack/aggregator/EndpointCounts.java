package io.conntrack.aggregator;

import io.conntrack.aggregator.endpoint.EndpointRecord;
import io.conntrack.aggregator.endpoint.EndpointStore;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.TcpCounts;
import io.conntrack.aggregator.state.TcpState;
import io.conntrack.aggregator.state.TimeCounts;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.aggregator.state.Traffic;
import io.conntrack.aggregator.state.TrafficCounts;

/**
 * What is counted at endpoints beside their connections: outcomes, traffic, times, and TCP's own
 * states. Belongs to the reader.
 */
final class EndpointCounts {
  private final EndpointStore store;
  private final boolean tcpStates;
  private long nowMs;

  /** The kernel has told of a flow what it carries. */
  private boolean trafficTold;

  EndpointCounts(EndpointStore store, boolean tcpStates) {
    this.store = store;
    this.tcpStates = tcpStates;
  }

  void clock(long nowMs) {
    this.nowMs = nowMs;
  }

  boolean trafficTold() {
    return trafficTold;
  }

  /**
   * Counts one more at a flow's endpoint, if it has one. The count goes where the endpoint's
   * connections are shown.
   */
  void count(int endpoint, Outcome outcome) {
    if (endpoint >= EndpointTable.OVERFLOW) {
      store.count(seriesOf(endpoint), outcome);
    }
  }

  /** The endpoint whose series show what comes from this one. */
  int seriesOf(int endpoint) {
    if (EndpointRecord.status(store.records(), endpoint) == EndpointRecord.SHOWN) {
      return endpoint;
    }
    if (endpoint == EndpointTable.UNPROVEN) {
      showOther();
    }
    return EndpointTable.OVERFLOW;
  }

  /** It stays for the retention at least. */
  private void showOther() {
    int other = EndpointTable.OVERFLOW;
    EndpointRecord.status(store.records(), other, EndpointRecord.SHOWN);
    EndpointRecord.emptySinceMs(store.records(), other, nowMs);
  }

  /** Adds what flows of an endpoint have carried, where its connections are shown. */
  void addTraffic(
      int endpoint, long receivedBytes, long receivedPackets, long sentBytes, long sentPackets) {
    trafficTold = true;
    int series = seriesOf(endpoint);
    TrafficCounts.add(store.traffic(), series, Traffic.RECEIVED_BYTES, receivedBytes);
    TrafficCounts.add(store.traffic(), series, Traffic.RECEIVED_PACKETS, receivedPackets);
    TrafficCounts.add(store.traffic(), series, Traffic.SENT_BYTES, sentBytes);
    TrafficCounts.add(store.traffic(), series, Traffic.SENT_PACKETS, sentPackets);
  }

  /** Counts one more of an endpoint's connections by a time, where they are shown. */
  void addTime(int endpoint, Timing timing, double seconds) {
    TimeCounts.add(store.times(), seriesOf(endpoint), timing, seconds);
  }

  /** Counts a flow that is counted at an endpoint by TCP's own state too, if that is wanted. */
  void addTcp(int endpoint, int tcpState, int change) {
    if (tcpStates) {
      TcpCounts.add(store.tcpCounts(), endpoint, TcpState.column(tcpState), change);
    }
  }
}
