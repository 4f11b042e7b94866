/**
 * Which end of a flow is the remote one, and under which key and label it is counted.
 *
 * <p>Comes in: tuples, the host's own addresses, the rules of the operator. Goes out: the key of an
 * endpoint, and its label as text. Threads: the reader; rules and options are immutable. Begin with
 * {@link io.conntrack.aggregator.remote.RemoteEnd}, then {@code FlowPath} and {@code
 * EndpointRules}.
 */
package io.conntrack.aggregator.remote;
