package io.conntrack.exporter;

import io.conntrack.aggregator.TrackerOptions;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What the operator asked for: parsed and checked once by {@link Options}, then only read.
 *
 * @param listenAddress where HTTP listens; the wildcard is every address of both families, port 0 a
 *     port that the kernel picks
 * @param listenPath the path of the metrics, beginning with a slash
 * @param once whether to print the metrics of one dump and end
 * @param resyncInterval the longest time between two resyncs
 * @param endpointRetention how long an endpoint without flows still shows, at zero
 * @param clientPorts whether the label of an inbound connection has the client's port
 * @param netlinkBufferBytes the receive buffer to ask for, for events
 */
record Configuration(
    InetSocketAddress listenAddress,
    String listenPath,
    boolean once,
    Duration resyncInterval,
    Duration endpointRetention,
    boolean clientPorts,
    int netlinkBufferBytes) {

  /** More than kernels are set up to track; full, the flow table takes some 120 MB. */
  private static final int MAX_FLOWS = 4_000_000;

  /** Four series each: far more than a Prometheus server will like. */
  private static final int MAX_ENDPOINTS = 1_000_000;

  /** What concerns counting. */
  TrackerOptions trackerOptions() {
    return new TrackerOptions(MAX_FLOWS, MAX_ENDPOINTS, endpointRetention.toMillis(), clientPorts);
  }
}
