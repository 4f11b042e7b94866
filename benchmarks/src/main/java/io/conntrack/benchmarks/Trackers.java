package io.conntrack.benchmarks;

import io.conntrack.aggregator.EndpointOptions;
import io.conntrack.aggregator.Flow;
import io.conntrack.aggregator.FlowTracker;
import io.conntrack.aggregator.IgnoredHosts;
import io.conntrack.aggregator.LocalAddresses;
import io.conntrack.aggregator.TrackerOptions;

/** Trackers that follow flows from this host. */
public final class Trackers {
  private static final long LOCAL = 0x0000ffff_0a4d0002L;
  private static final long FIRST_REMOTE = 0x0000ffff_0a800000L;
  private static final int ESTABLISHED = 3;
  private static final int MAX_FLOWS = 2_000_000;

  private Trackers() {}

  /** One open connection to each of so many endpoints, as many as are shown at most. */
  public static FlowTracker withEndpoints(int endpoints) {
    FlowTracker tracker =
        new FlowTracker(
            new TrackerOptions(
                MAX_FLOWS, endpoints, 0, EndpointOptions.HOST_ALONE, IgnoredHosts.NONE));
    tracker.localAddresses(LocalAddresses.of(0, LOCAL));
    Flow flow = new Flow();
    flow.family = 2;
    flow.protocol = 6;
    flow.originalSourceLow = LOCAL;
    flow.originalSourcePort = 40_000;
    flow.originalDestinationPort = 443;
    flow.replySourcePort = 443;
    flow.replyDestinationLow = LOCAL;
    flow.replyDestinationPort = 40_000;
    flow.tcpState = ESTABLISHED;
    for (int i = 0; i < endpoints; i++) {
      flow.originalDestinationLow = FIRST_REMOTE + i;
      flow.replySourceLow = FIRST_REMOTE + i;
      tracker.onNew(flow);
    }
    return tracker;
  }
}
