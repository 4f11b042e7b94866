/**
 * Everything that is counting: flows, endpoints, states, resync, snapshots. Knows no C.
 *
 * <p>The exported rooms hold what {@code FlowTracker} takes and gives. How endpoints lie in memory,
 * and who has room among them, concerns no other module.
 */
module io.conntrack.aggregator {
  exports io.conntrack.aggregator;
  exports io.conntrack.aggregator.flow;
  exports io.conntrack.aggregator.remote;
  exports io.conntrack.aggregator.snapshot;
  exports io.conntrack.aggregator.state;
}
