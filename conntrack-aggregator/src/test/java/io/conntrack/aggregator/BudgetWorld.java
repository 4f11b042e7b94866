package io.conntrack.aggregator;

import static io.conntrack.aggregator.state.ConnectionState.OPEN;

import io.conntrack.aggregator.remote.EndpointKey;
import io.conntrack.aggregator.remote.EndpointLabel;
import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.snapshot.Census;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Connections, all open, of endpoints with names, in an {@link EndpointTable}; and its epochs. */
final class BudgetWorld implements AutoCloseable {
  static final String GROUP = "group";

  private static final long EPOCH_MS = 30_000;

  /** A connection, and where it is counted. */
  private static final class Connection {
    final String host;
    int endpoint;

    Connection(String host, int endpoint) {
      this.host = host;
      this.endpoint = endpoint;
    }
  }

  final EndpointTable table;
  private final List<Connection> connections = new ArrayList<>();

  /** By address. */
  private final Map<String, String> names = new TreeMap<>();

  private long nowMs;

  BudgetWorld(int maxEndpoints, long retentionMs) {
    table = new EndpointTable(maxEndpoints, retentionMs, EndpointOptions.HOST_ALONE, false);
  }

  /** Names are those of servers, of {@code client...}, and of the group. */
  void open(String host, int count) {
    for (int i = 0; i < count; i++) {
      Connection connection = new Connection(host, admit(host));
      table.add(connection.endpoint, OPEN);
      connections.add(connection);
    }
  }

  private int admit(String host) {
    if (host.equals(GROUP)) {
      EndpointKey key = new EndpointKey().set(7, 7, EndpointKey.ofPort(EndpointLabel.GROUP));
      return table.admit(key, GROUP);
    }
    boolean client = host.startsWith("client");
    long low = 0xffff_00000000L | Integer.toUnsignedLong(nameToAddress(host));
    int port = client ? EndpointLabel.NO_PORT : 80;
    return table.admit(new EndpointKey().set(0, low, EndpointKey.ofPort(port)), client);
  }

  private int nameToAddress(String host) {
    int address = 1 + names.size();
    for (Map.Entry<String, String> each : names.entrySet()) {
      if (each.getValue().equals(host)) {
        address = (int) Flows.low(each.getKey());
      }
    }
    names.put("0.0." + address / 256 + "." + address % 256, host);
    return address;
  }

  void end(String host, int count) {
    for (int i = 0; i < count; i++) {
      Connection last =
          connections.stream().filter(each -> each.host.equals(host)).findFirst().orElseThrow();
      table.remove(last.endpoint, OPEN);
      connections.remove(last);
    }
  }

  void pass(long ms) {
    nowMs += ms;
    table.clock(nowMs);
  }

  void expire() {
    table.expire();
  }

  void epochs(int count) {
    for (int i = 0; i < count; i++) {
      pass(EPOCH_MS);
      epoch();
    }
  }

  void epoch() {
    openEpoch();
    askAll();
    endEpoch(true);
  }

  void openEpoch() {
    table.openEpoch();
  }

  void askAll() {
    connections.forEach(this::move);
  }

  void askLast() {
    move(connections.getLast());
  }

  private void move(Connection connection) {
    int before = connection.endpoint;
    connection.endpoint = admit(connection.host);
    table.add(connection.endpoint, OPEN);
    table.remove(before, OPEN);
  }

  void endEpoch(boolean clean) {
    table.endEpoch();
    if (clean) {
      table.revealHidden();
    }
  }

  /** The endpoint of the connection that came first. */
  void countFirst(Outcome outcome) {
    table.counts().count(connections.getFirst().endpoint, outcome);
  }

  /** Open connections by name. */
  Map<String, Integer> shown() {
    Snapshot snapshot = snapshot();
    Map<String, Integer> open = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      open.put(name(snapshot.labels(i)), snapshot.connections(i, OPEN));
    }
    return open;
  }

  Map<String, Long> outcomes(Outcome outcome) {
    Snapshot snapshot = snapshot();
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      counts.put(name(snapshot.labels(i)), snapshot.outcomes(i, outcome));
    }
    return counts;
  }

  private Snapshot snapshot() {
    return table.snapshot(
        new Snapshot.Totals(connections.size(), 0, 0, 0, table.inUse(), Census.NONE));
  }

  private String name(String label) {
    return names.getOrDefault(label.replace(":80", ""), label);
  }

  @Override
  public void close() {
    table.close();
  }
}
