package io.conntrack.aggregator;

import io.conntrack.aggregator.census.PortCounter;
import io.conntrack.aggregator.census.RestingFlows;
import io.conntrack.aggregator.census.SilentFlows;
import io.conntrack.aggregator.census.StateCounter;
import io.conntrack.aggregator.flow.Flow;
import io.conntrack.aggregator.flow.FlowEntry;
import io.conntrack.aggregator.flow.FlowTable;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.LocalPorts;
import io.conntrack.aggregator.snapshot.UnansweredFlows;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the entries of each dump tell together, and keeps it until the next dump that is
 * complete. Belongs to the reader.
 */
final class CensusTaker implements AutoCloseable {
  private final FlowTable flows;
  private final EndpointTable endpoints;
  private final EndpointResolver resolver;
  private final StateCounter states;
  private final SilentFlows silent;
  private final RestingFlows resting = new RestingFlows();

  /** Null unless they are asked for. */
  private final PortCounter ports;

  private Census last = Census.NONE;
  private long lastMs;

  CensusTaker(
      TrackerOptions options, FlowTable flows, EndpointTable endpoints, EndpointResolver resolver) {
    this.flows = flows;
    this.endpoints = endpoints;
    this.resolver = resolver;
    this.states = new StateCounter(options.endpoints().zone());
    this.silent = new SilentFlows(options.maxFlows());
    this.ports =
        options.localPorts() > 0
            ? new PortCounter(options.localPorts(), options.maxFlows(), resolver::isIgnored)
            : null;
  }

  /** Sets another {@link TrackerOptions#maxFlows}. */
  void limit(int maxFlows) {
    silent.limit(maxFlows);
    if (ports != null) {
      ports.limit(maxFlows);
    }
  }

  /** A dump begins. What the last one showed, if it was not complete, is forgotten. */
  void begin(long nowMs) {
    resting.begin(nowMs);
    states.begin();
    silent.begin();
    if (ports != null) {
      ports.begin();
    }
  }

  /** A dump shows a flow of any protocol. */
  void count(Flow flow) {
    states.count(flow);
  }

  /** A dump shows a flow that is tracked, and counted. */
  void take(Flow flow, long hash, long nowMs) {
    resting.take(flow);
    silent.take(flow, hash, (int) TimeUnit.MILLISECONDS.toSeconds(nowMs));
    if (ports != null) {
      ports.take(flow, resolver.path(flow), resolver.servicePorts());
    }
  }

  /** The dump is complete, and the flows are those that it showed. */
  void end(long nowMs) {
    lastMs = nowMs;
    resting.end();
    last =
        new Census(
            0,
            states.counted(),
            unanswered(),
            ports == null ? List.<LocalPorts>of() : ports.end(),
            ports == null ? 0 : resolver.servicePorts().countGiven());
  }

  /** By the host that shows them, and by protocol. */
  private List<UnansweredFlows> unanswered() {
    Map<UnansweredFlows, Long> found = new HashMap<>();
    silent.end((hash, protocol) -> {
      long slot = flows.find(hash);
      int endpoint = slot < 0 ? FlowEntry.NO_ENDPOINT : FlowEntry.endpoint(flows.value(slot));
      if (endpoint >= 0) {
        String host = endpoints.host(endpoint);
        found.merge(new UnansweredFlows(host, protocol, 0), 1L, Long::sum);
      }
    });
    return found.entrySet().stream()
        .map(each ->
            new UnansweredFlows(each.getKey().host(), each.getKey().protocol(), each.getValue()))
        .toList();
  }

  /** Whether all flows that are tracked still are as the last complete dump showed them. */
  boolean areResting(long nowMs) {
    return resting.areAt(nowMs);
  }

  /** What the last complete dump showed. */
  Census at(long nowMs) {
    return last.isTaken() ? last.aged(nowMs - lastMs) : last;
  }

  @Override
  public void close() {
    silent.close();
    if (ports != null) {
      ports.close();
    }
  }
}
