package io.conntrack.aggregator.endpoint;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.TcpCounts;
import io.conntrack.aggregator.state.TcpState;
import io.conntrack.aggregator.state.TimeCounts;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.aggregator.state.Traffic;
import io.conntrack.aggregator.state.TrafficCounts;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is shown of the endpoints: rows of series. The row of the overflow endpoint, if it exists,
 * comes first. The values of labels are made when they are first shown, not by events, except for a
 * group that is admitted. Belongs to the reader.
 */
public final class ShownEndpoints {
  private final EndpointStore store;
  private final LabelSet labelSet;
  private final boolean tcpStates;
  private final boolean timed;

  /** By record; null until a snapshot has shown the endpoint, unless it is a group. */
  private String[] labels;

  /** By record: when it began, in seconds since 1970, as an unsigned number. */
  private int[] begun = new int[EndpointStore.FIRST];

  /**
   * @param sources whether the endpoints are the sources of flows
   */
  public ShownEndpoints(EndpointStore store, EndpointOptions options, boolean sources) {
    this.store = store;
    this.labelSet = new LabelSet(options, sources);
    this.tcpStates = options.tcpStates();
    this.timed = options.times();
    this.labels = new String[] {labelSet.ofOverflow()};
    begins(0);
  }

  /** An endpoint counts from now on. */
  public void begins(int endpoint) {
    if (endpoint >= begun.length) {
      begun = Arrays.copyOf(begun, 2 * endpoint);
    }
    begun[endpoint] = (int) TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
  }

  /** An endpoint is a group, whose name is its host. */
  public void name(int endpoint, String group) {
    if (endpoint >= labels.length) {
      labels = Arrays.copyOf(labels, 2 * endpoint);
    }
    if (labels[endpoint] == null) {
      labels[endpoint] = labelSet.of(store, endpoint, group);
    }
  }

  /** The record will be another endpoint's. */
  public void forget(int endpoint) {
    if (endpoint < labels.length) {
      labels[endpoint] = null;
    }
  }

  /** The totals are checked against it. */
  public Snapshot snapshot(Snapshot.Totals totals, boolean trafficTold) {
    int rows = countRows();
    String[] rowLabels = new String[rows];
    int[] rowsBegun = new int[rows];
    int[] connections = new int[rows * ConnectionState.COUNT];
    int[] tcpConnections = tcpStates ? new int[rows * TcpState.COUNT] : null;
    PackedCounts outcomes = new PackedCounts(rows, Outcome.COUNT);
    PackedCounts traffic = trafficTold ? new PackedCounts(rows, Traffic.COUNT) : null;
    int row = 0;
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      int rowOfConnections = status(endpoint) == EndpointRecord.SHOWN ? row : 0;
      if (EndpointRecord.total(store.records(), endpoint) > 0) {
        addTcpTo(tcpConnections, rowOfConnections, endpoint);
        addTo(connections, rowOfConnections, endpoint);
      }
      if (hasRow(endpoint)) {
        rowsBegun[row] = begun[endpoint];
        rowLabels[row++] = labels(endpoint);
        for (int column = 0; column < Outcome.COUNT; column++) {
          outcomes.add(store.count(endpoint, column));
        }
        for (int column = 0; trafficTold && column < Traffic.COUNT; column++) {
          traffic.add(TrafficCounts.get(store.traffic(), endpoint, column));
        }
      }
    }
    return new Snapshot(
        labelSet.names(),
        rowLabels,
        rowsBegun,
        connections,
        tcpConnections,
        outcomes,
        traffic,
        times(rows),
        totals);
  }

  private int countRows() {
    int rows = 0;
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      rows += hasRow(endpoint) ? 1 : 0;
    }
    return rows;
  }

  private boolean hasRow(int endpoint) {
    int status = status(endpoint);
    return status == EndpointRecord.SHOWN || status == EndpointRecord.LEFT;
  }

  private int status(int endpoint) {
    return EndpointRecord.status(store.records(), endpoint);
  }

  /** The value of the label {@code host}. */
  public String host(int endpoint) {
    return labelSet.host(labels(endpoint));
  }

  private String labels(int endpoint) {
    if (endpoint >= labels.length) {
      labels = Arrays.copyOf(labels, Math.max(2 * endpoint, store.end()));
    }
    if (labels[endpoint] == null) {
      labels[endpoint] = labelSet.of(store, endpoint);
    }
    return labels[endpoint];
  }

  /** Room for the connections of every record in every state. */
  public int[] zeroes() {
    return new int[store.end() * ConnectionState.COUNT];
  }

  /** Room for the connections of every record in every state of TCP's, if they are counted. */
  public int[] tcpZeroes() {
    return new int[tcpStates ? store.end() * TcpState.COUNT : 0];
  }

  /** Whether each record, the free ones too, has these connections. */
  public boolean agreesWith(int[] connections, int[] tcpConnections) {
    int[] actual = zeroes();
    int[] actualOfTcp = tcpZeroes();
    for (int endpoint = 0; endpoint < store.end(); endpoint++) {
      addTo(actual, endpoint, endpoint);
      addTcpTo(actualOfTcp, endpoint, endpoint);
    }
    return Arrays.equals(actual, connections) && Arrays.equals(actualOfTcp, tcpConnections);
  }

  private void addTo(int[] connections, int row, int endpoint) {
    for (int column = 0; column < ConnectionState.COUNT; column++) {
      connections[row * ConnectionState.COUNT + column] +=
          EndpointRecord.connections(store.records(), endpoint, column);
    }
  }

  private void addTcpTo(int[] tcpConnections, int row, int endpoint) {
    for (int column = 0; tcpStates && column < TcpState.COUNT; column++) {
      tcpConnections[row * TcpState.COUNT + column] +=
          TcpCounts.get(store.tcpCounts(), endpoint, column);
    }
  }

  /** In the order of the rows; empty where connections are not timed. */
  private Map<Timing, Histograms> times(int rows) {
    Map<Timing, Histograms> times = new EnumMap<>(Timing.class);
    for (Timing timing : timed ? Timing.values() : new Timing[0]) {
      Histograms histograms = new Histograms(rows);
      for (int endpoint = 0; endpoint < store.end(); endpoint++) {
        if (hasRow(endpoint)) {
          for (int column = 0; column < timing.columns; column++) {
            histograms.add(column, TimeCounts.get(store.times(), endpoint, timing, column));
          }
          histograms.endRow(TimeCounts.sum(store.times(), endpoint, timing));
        }
      }
      times.put(timing, histograms);
    }
    return times;
  }
}
