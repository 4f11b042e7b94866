package io.conntrack.exporter;

import io.conntrack.aggregator.ConnectionState;
import io.conntrack.aggregator.Snapshot;
import io.conntrack.testbed.ConntrackEntry;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the gauges should say, worked out from {@code conntrack -L} by code that shares nothing with
 * the product.
 */
final class Witness {
  private final Set<InetAddress> local;
  private final boolean clientPorts;

  Witness(Set<InetAddress> local, boolean clientPorts) {
    this.local = local;
    this.clientPorts = clientPorts;
  }

  /** Connections by endpoint and state; without what is zero. */
  Map<Endpoint, Map<ConnectionState, Integer>> expected(ConntrackTable table) {
    Map<Endpoint, Map<ConnectionState, Integer>> connections = new HashMap<>();
    table
        .tcp()
        .filter(entry -> !entry.state().equals("NONE"))
        .forEach(entry -> add(entry, connections));
    return connections;
  }

  private void add(ConntrackEntry entry, Map<Endpoint, Map<ConnectionState, Integer>> connections) {
    connections
        .computeIfAbsent(remote(entry), endpoint -> new EnumMap<>(ConnectionState.class))
        .merge(state(TcpState.valueOf(entry.state())), 1, Integer::sum);
  }

  private Endpoint remote(ConntrackEntry entry) {
    Tuple original = entry.original();
    Tuple reply = entry.reply();
    if (local.contains(original.source())) {
      return new Endpoint(original.destination(), original.destinationPort());
    }
    if (local.contains(original.destination())) {
      return client(original.source(), original.sourcePort());
    }
    if (local.contains(reply.source())) {
      return client(reply.destination(), reply.destinationPort());
    }
    return new Endpoint(reply.source(), reply.sourcePort());
  }

  private Endpoint client(InetAddress address, int port) {
    return new Endpoint(address, clientPorts ? port : Endpoint.NO_PORT);
  }

  private static ConnectionState state(TcpState state) {
    return switch (state) {
      case SYN_SENT, SYN_SENT2, SYN_RECV -> ConnectionState.OPENING;
      case ESTABLISHED -> ConnectionState.OPEN;
      case FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT -> ConnectionState.CLOSING;
      case CLOSE -> ConnectionState.CLOSED;
      case NONE -> throw new AssertionError("a flow in state NONE is not counted");
    };
  }

  /** What a snapshot shows; without what is zero. */
  static Map<Endpoint, Map<ConnectionState, Integer>> shown(Snapshot snapshot) {
    Map<Endpoint, Map<ConnectionState, Integer>> connections = new HashMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      for (ConnectionState state : ConnectionState.values()) {
        int count = snapshot.connections(i, state);
        if (count != 0) {
          connections
              .computeIfAbsent(
                  Endpoint.ofLabel(snapshot.host(i)), key -> new EnumMap<>(ConnectionState.class))
              .merge(state, count, Integer::sum);
        }
      }
    }
    return connections;
  }
}
