package io.conntrack.aggregator.snapshot;

/**
 * Flows of one remote host that are sent to and never answered.
 *
 * @param protocol the IP protocol's number
 */
public record UnansweredFlows(String host, int protocol, long count) {}
