package io.conntrack.benchmarks;

import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.TrackerOptions;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.LocalAddresses;
import io.conntrack.aggregator.remote.SourceView;

/** Trackers that follow flows from this host, all to port 443. */
public final class Trackers {
  /** What the flows with the first numbers go to: an endpoint each. */
  static final long FIRST_REMOTE = 0x0000ffff_0a800000L;

  static final int TCP = 6;
  static final int PORT = 443;
  static final int SYN_SENT = 1;
  static final int ESTABLISHED = 3;
  static final int TIME_WAIT = 7;

  private static final long LOCAL = 0x0000ffff_0a4d0002L;
  private static final int FIRST_CLIENT_PORT = 1024;
  private static final int AF_INET = 2;
  private static final int MAX_FLOWS = 2_000_000;

  private Trackers() {}

  /** One open connection to each of so many endpoints, as many as are shown at most. */
  public static FlowTracker withEndpoints(int endpoints) {
    return withFlows(endpoints, endpoints);
  }

  /** The same without sources. */
  static FlowTracker withFlows(int flows, int endpoints) {
    return withFlows(flows, endpoints, SourceView.NONE);
  }

  /**
   * So many open connections, which are spread over the endpoints, and counted by source or not.
   */
  static FlowTracker withFlows(int flows, int endpoints, SourceView sources) {
    FlowTracker tracker =
        new FlowTracker(
            new TrackerOptions(
                MAX_FLOWS,
                endpoints,
                0,
                EndpointOptions.HOST_ALONE,
                IgnoredHosts.NONE,
                sources,
                1_000,
                0,
                false));
    tracker.localAddresses(LocalAddresses.of(0, LOCAL));
    Flow flow = new Flow();
    for (int i = 0; i < flows; i++) {
      tracker.onNew(fill(flow, i, endpoints, ESTABLISHED));
    }
    return tracker;
  }

  /** Makes the flow the one with this number. Returns it. */
  static Flow fill(Flow flow, int number, int endpoints, int tcpState) {
    long remote = FIRST_REMOTE + number % endpoints;
    int clientPort = FIRST_CLIENT_PORT + number / endpoints;
    flow.family = AF_INET;
    flow.protocol = TCP;
    flow.originalSourceLow = LOCAL;
    flow.originalSourcePort = clientPort;
    flow.originalDestinationLow = remote;
    flow.originalDestinationPort = PORT;
    flow.replySourceLow = remote;
    flow.replySourcePort = PORT;
    flow.replyDestinationLow = LOCAL;
    flow.replyDestinationPort = clientPort;
    flow.tcpState = tcpState;
    return flow;
  }
}
