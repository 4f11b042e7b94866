package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.exporter.reading.Observation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The endpoints of an observation as a scrape writes them, and its sources if they are counted:
 * those of each network namespace in the order of their labels, and without an object for any.
 * Immutable.
 *
 * <p>The rows replace the snapshots, so a slow client holds only {@link #heapBytes()}. A snapshot
 * would also hold labels of endpoints that are gone.
 */
public final class EndpointRows {
  /** The label that tells network namespaces apart. */
  public static final String NETNS = "netns";

  /** Where no family of endpoints is asked for. */
  public static final EndpointRows NONE =
      new EndpointRows(
          List.of("host"),
          new byte[0],
          new int[0],
          new int[0],
          new PackedCounts(0, ConnectionFamily.COLUMNS),
          false,
          false,
          Map.of(),
          null,
          Map.of());

  private final List<String> labelNames;

  /** The values of all labels in ASCII, one after the other. Each ends where the next begins. */
  private final byte[] values;

  /** For each endpoint in the order of the labels. */
  private final int[] valueEnds;

  /** By row: in seconds since 1970, as an unsigned number. */
  private final int[] begun;

  /** By row, and {@link ConnectionFamily.Series#column}. */
  private final PackedCounts counts;

  private final boolean tcpStates;
  private final boolean traffic;

  /** Empty where connections are not timed. */
  private final Map<Timing, Histograms> times;

  /** Null where connections are not counted by their sources. */
  private final EndpointRows sources;

  /** Empty without the option {@code --names}. */
  private final Map<InfoFamily, NamedRows> named;

  /** The rows in the order of their labels; keeps what it gets. */
  EndpointRows(
      List<String> labelNames,
      byte[] values,
      int[] valueEnds,
      int[] begun,
      PackedCounts counts,
      boolean tcpStates,
      boolean traffic,
      Map<Timing, Histograms> times,
      EndpointRows sources,
      Map<InfoFamily, NamedRows> named) {
    this.labelNames = labelNames;
    this.values = values;
    this.valueEnds = valueEnds;
    this.begun = begun;
    this.counts = counts;
    this.tcpStates = tcpStates;
    this.traffic = traffic;
    this.times = times;
    this.sources = sources;
    this.named = named;
  }

  /**
   * Those of an observation.
   *
   * @param netns whether each has the label of its network namespace
   * @param names the name of an address in a label, or null; empty without {@code --names}
   */
  public static EndpointRows of(
      Observation observation, boolean netns, Optional<UnaryOperator<String>> names) {
    Map<InfoFamily, NamedRows> named = new EnumMap<>(InfoFamily.class);
    EndpointRows sources = null;
    names.ifPresent(of ->
        named.put(
            InfoFamily.ENDPOINT,
            new NamedRows(InfoFamily.ENDPOINT, observation, netns, Observation::connections, of)));
    if (observation.connections().sources().isPresent()) {
      sources = new EndpointRowsBuilder(observation, netns, EndpointRows::sources).build();
      names.ifPresent(of ->
          named.put(
              InfoFamily.SOURCE,
              new NamedRows(InfoFamily.SOURCE, observation, netns, EndpointRows::sources, of)));
    }
    return new EndpointRowsBuilder(observation, netns, Observation::connections)
        .build(sources, named);
  }

  private static Snapshot sources(Observation observation) {
    return observation.connections().sources().orElseThrow();
  }

  /** The rows of the same observation that a family shows, or null if there are none. */
  EndpointRows of(ConnectionFamily family) {
    return family.isOfSources() ? sources : this;
  }

  /** Those of sources, where there are any. */
  EndpointRows sources() {
    return sources;
  }

  int count() {
    return valueEnds.length / labelNames.size();
  }

  /** The names of the labels that every row has, in their order. */
  List<String> labelNames() {
    return labelNames;
  }

  /** Whether the rows have the series of a family. */
  boolean shows(ConnectionFamily family) {
    EndpointRows rows = of(family);
    if (rows == null) {
      return false;
    }
    return family.isTraffic()
        ? rows.traffic
        : rows.tcpStates || family != ConnectionFamily.TCP_STATES;
  }

  /** The names of what a family shows; null if there are none. */
  NamedRows named(InfoFamily family) {
    return named.get(family);
  }

  boolean hasHistograms() {
    return !times.isEmpty();
  }

  /** By row. */
  Histograms histograms(HistogramFamily family) {
    return times.get(family.timing);
  }

  long count(int row, ConnectionFamily.Series series) {
    return counts.get(row, series.column());
  }

  /** Since when the row's counters count, in seconds since 1970. */
  long begunS(int row) {
    return Integer.toUnsignedLong(begun[row]);
  }

  /** Where the value of a row's label begins in {@link #values}. */
  int valueStart(int row, int label) {
    int value = row * labelNames.size() + label;
    return value == 0 ? 0 : valueEnds[value - 1];
  }

  int valueBytes(int row, int label) {
    return valueEnds[row * labelNames.size() + label] - valueStart(row, label);
  }

  /** Of all labels of a row together. */
  int valueBytes(int row) {
    return valueEnds[(row + 1) * labelNames.size() - 1] - valueStart(row, 0);
  }

  /** A row's value of one label. */
  String value(int row, int label) {
    return new String(values, valueStart(row, label), valueBytes(row, label), US_ASCII);
  }

  /** The values of all rows, one after the other in ASCII; nothing in them is ever escaped. */
  byte[] values() {
    return values;
  }

  long heapBytes() {
    return values.length
        + (long) Integer.BYTES * (valueEnds.length + begun.length)
        + counts.heapBytes()
        + times.values().stream().mapToLong(Histograms::heapBytes).sum()
        + named.values().stream().mapToLong(NamedRows::heapBytes).sum()
        + (sources == null ? 0 : sources.heapBytes());
  }
}
