package io.conntrack.aggregator.snapshot;

import io.conntrack.aggregator.state.ConnectionState;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.TcpState;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.aggregator.state.Traffic;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All counts at one instant. Immutable: any thread may read it at any time.
 *
 * <p>Endpoints are numbered from 0 to {@link #endpointCount()}, in no order. Each counted
 * connection is in exactly one of them, so all connections sum up to {@link #countedFlows()}.
 * Connections whose endpoint had no room are at the endpoint {@code other}. It exists only while it
 * is needed and, like any endpoint, for the retention after.
 */
public final class Snapshot {
  /** Comes before every character of a label's value, so that labels sort as their values do. */
  public static final char LABEL_SEPARATOR = '\n';

  private final List<String> labelNames;
  private final String[] labels;
  private final int[] begun;
  private final int[] connections;

  /** Null if they are not counted. */
  private final int[] tcpConnections;

  private final PackedCounts outcomes;

  /** Null if it is not counted. */
  private final PackedCounts traffic;

  /** Empty if connections are not timed. */
  private final Map<Timing, Histograms> times;

  private final Totals totals;

  /** Null if they are not counted. */
  private final Snapshot sources;

  /**
   * What is told beside the endpoints.
   *
   * @param countedFlows flows in the table that have a state, the overflow endpoint's included
   * @param ignoredFlows flows in the table that have a state and are to be ignored
   * @param statelessFlows flows in the table without a state (UDP, for one), which no endpoint
   *     counts
   * @param untrackedFlows flows that the last clean epoch found no room for
   * @param endpointsInUse room taken of {@code maxEndpoints}, by endpoints at zero too
   * @param census what the last complete dump showed of all flows together
   */
  public record Totals(
      long countedFlows,
      long ignoredFlows,
      long statelessFlows,
      long untrackedFlows,
      int endpointsInUse,
      Census census) {}

  /**
   * Keeps what it gets: labels, and for each of them when it began, the connections in the order of
   * the states, those in the order of TCP's or null, the outcomes, the traffic or null, and the
   * times or none.
   */
  public Snapshot(
      List<String> labelNames,
      String[] labels,
      int[] begun,
      int[] connections,
      int[] tcpConnections,
      PackedCounts outcomes,
      PackedCounts traffic,
      Map<Timing, Histograms> times,
      Totals totals) {
    this(
        labelNames,
        labels,
        begun,
        connections,
        tcpConnections,
        outcomes,
        traffic,
        times,
        totals,
        null);
  }

  private Snapshot(
      List<String> labelNames,
      String[] labels,
      int[] begun,
      int[] connections,
      int[] tcpConnections,
      PackedCounts outcomes,
      PackedCounts traffic,
      Map<Timing, Histograms> times,
      Totals totals,
      Snapshot sources) {
    this.labelNames = labelNames;
    this.labels = labels;
    this.begun = begun;
    this.connections = connections;
    this.tcpConnections = tcpConnections;
    this.outcomes = outcomes;
    this.traffic = traffic;
    this.times = times;
    this.totals = totals;
    this.sources = sources;
    assert connections.length == labels.length * ConnectionState.COUNT;
    assert sum() == totals.countedFlows : sum() + " connections are shown of " + totals;
  }

  /** The same, and beside it the counts by source of the same instant. */
  public Snapshot with(Snapshot countsBySource) {
    return new Snapshot(
        labelNames,
        labels,
        begun,
        connections,
        tcpConnections,
        outcomes,
        traffic,
        times,
        totals,
        countsBySource);
  }

  /**
   * The same connections by the end that opened them, if they are counted so. In it an endpoint is
   * a source, whose label is {@code source}. Connections that a rule drops are not in it.
   */
  public Optional<Snapshot> sources() {
    return Optional.ofNullable(sources);
  }

  public int endpointCount() {
    return labels.length;
  }

  /** The names of the labels that every endpoint has, in their order; {@code host} is one. */
  public List<String> labelNames() {
    return labelNames;
  }

  /**
   * The values of these labels, with a {@link #LABEL_SEPARATOR} between each two. Of the host:
   * {@code 10.0.1.5:3306}, {@code [2001:db8::1]:443}, {@code 10.0.9.9}, {@code other}.
   */
  public String labels(int endpoint) {
    return labels[endpoint];
  }

  /** The endpoints in the order of their labels: by the first one, then by the next. */
  public int[] byLabels() {
    return LabelOrder.of(labels);
  }

  /** Since when the endpoint counts, in seconds since 1970. */
  public long begunS(int endpoint) {
    return Integer.toUnsignedLong(begun[endpoint]);
  }

  public int connections(int endpoint, ConnectionState state) {
    return connections[endpoint * ConnectionState.COUNT + state.column];
  }

  /** In all states together. */
  public long connections(int endpoint) {
    long sum = 0;
    for (int column = 0; column < ConnectionState.COUNT; column++) {
      sum += connections[endpoint * ConnectionState.COUNT + column];
    }
    return sum;
  }

  /** How many connections had this outcome since the endpoint is there. */
  public long outcomes(int endpoint, Outcome outcome) {
    return outcomes.get(endpoint, outcome.column);
  }

  /** Whether it is known what flows carry: it is counted, and the kernel has told of one. */
  public boolean hasTraffic() {
    return traffic != null;
  }

  /** What an endpoint's flows have carried since the endpoint began, if that is known. */
  public long traffic(int endpoint, Traffic what) {
    return traffic.get(endpoint, what.column);
  }

  /** Whether connections are timed. */
  public boolean hasTimes() {
    return !times.isEmpty();
  }

  /** How long the connections of each endpoint took, by its number; null if they are not timed. */
  public Histograms times(Timing timing) {
    return times.get(timing);
  }

  /** Whether connections are counted by TCP's own states too. */
  public boolean hasTcpConnections() {
    return tcpConnections != null;
  }

  /** An endpoint's connections in one of TCP's own states, if they are counted. */
  public int tcpConnections(int endpoint, TcpState state) {
    return tcpConnections[endpoint * TcpState.COUNT + state.column];
  }

  /**
   * Adds an endpoint's connections, by {@link ConnectionState#column}, then its outcomes, then what
   * its flows carried, at zero if it is not known, and then, if they are counted, its connections
   * by {@link TcpState#column}.
   */
  public void addCounts(int endpoint, PackedCounts counts) {
    for (int column = 0; column < ConnectionState.COUNT; column++) {
      counts.add(connections[endpoint * ConnectionState.COUNT + column]);
    }
    counts.addRow(outcomes, endpoint);
    if (hasTraffic()) {
      counts.addRow(traffic, endpoint);
    }
    for (int column = 0; !hasTraffic() && column < Traffic.COUNT; column++) {
      counts.add(0);
    }
    for (int column = 0; hasTcpConnections() && column < TcpState.COUNT; column++) {
      counts.add(tcpConnections[endpoint * TcpState.COUNT + column]);
    }
  }

  /** Flows that have a state: the sum over all endpoints and states. */
  public long countedFlows() {
    return totals.countedFlows;
  }

  /** Flows that are tracked but whose remote host is to be ignored. */
  public long ignoredFlows() {
    return totals.ignoredFlows;
  }

  /** Flows that are tracked but have no state, so that no endpoint counts them. */
  public long statelessFlows() {
    return totals.statelessFlows;
  }

  /** Flows of the kernel's that the last clean epoch found no room for. */
  public long untrackedFlows() {
    return totals.untrackedFlows;
  }

  /** How much of {@code maxEndpoints} is taken; endpoints at zero and hidden ones take room too. */
  public int endpointsInUse() {
    return totals.endpointsInUse;
  }

  /** What the last complete dump showed of all flows together, of every protocol. */
  public Census census() {
    return totals.census;
  }

  private long sum() {
    long sum = 0;
    for (int count : connections) {
      sum += count;
    }
    return sum;
  }
}
