package io.conntrack.aggregator.remote;

import io.conntrack.aggregator.remote.IgnoredHosts.Network;
import io.conntrack.aggregator.state.Direction;
import java.util.List;
import java.util.Set;

/**
 * One rule: the endpoints that it matches, and what becomes of them. An empty collection is a
 * condition that always holds. Immutable.
 *
 * @param networks of which one has the remote address; each for any port
 * @param ports of which one has the port that the connection is to: the remote end's, or of an
 *     inbound connection this host's, as the client dialled it. To be combined with protocols that
 *     have ports
 * @param directions of which it has one
 * @param protocols of which it has one, by their IP protocol numbers
 */
public record EndpointRule(
    List<Network> networks,
    List<PortRange> ports,
    Set<Direction> directions,
    List<Integer> protocols,
    RuleAction action) {

  public EndpointRule {
    networks = List.copyOf(networks);
    ports = List.copyOf(ports);
    directions = Set.copyOf(directions);
    protocols = List.copyOf(protocols);
  }

  /** Ports from the first to the last, 0 to 65535. */
  public record PortRange(int first, int last) {
    public PortRange {
      if (first < 0 || first > last || last > 65535) {
        throw new IllegalArgumentException("first=" + first + ", last=" + last + " is no range");
      }
    }

    boolean contains(int port) {
      return port >= first && port <= last;
    }
  }

  /** Whether all but the network is as asked for. Allocates nothing. */
  boolean matches(Direction direction, int port, int protocol) {
    return (directions.isEmpty() || directions.contains(direction))
        && (protocols.isEmpty() || hasProtocol(protocol))
        && (ports.isEmpty() || hasPort(port));
  }

  private boolean hasProtocol(int protocol) {
    for (int i = 0; i < protocols.size(); i++) {
      if (protocols.get(i) == protocol) {
        return true;
      }
    }
    return false;
  }

  private boolean hasPort(int port) {
    for (int i = 0; i < ports.size(); i++) {
      if (ports.get(i).contains(port)) {
        return true;
      }
    }
    return false;
  }
}
