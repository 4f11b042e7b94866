/** Everything that is counting: flows, endpoints, states, resync, snapshots. Knows no C. */
module io.conntrack.aggregator {
  exports io.conntrack.aggregator;
}
