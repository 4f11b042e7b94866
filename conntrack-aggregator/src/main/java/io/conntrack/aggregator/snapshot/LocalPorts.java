package io.conntrack.aggregator.snapshot;

/**
 * How many ports of one local address connections to one server take.
 *
 * @param host the server's address and port
 * @param localAddress where the connections come from
 * @param translated whether source NAT gave the ports; else this host's programs have them
 * @param protocol the IP protocol's number
 * @param used how many
 */
public record LocalPorts(
    String host, String localAddress, boolean translated, int protocol, int used) {}
