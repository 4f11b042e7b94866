package io.conntrack.exporter.format;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.exporter.reading.Observation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Lays the endpoints of an observation, or its sources, out as {@link EndpointRows}. Endpoints of
 * the own network namespace come first. Those of each other namespace follow, with its name as a
 * further label.
 */
final class EndpointRowsBuilder {
  private static final Timing[] NONE = {};

  private final List<String> labelNames;

  /** Which label is the namespace's. -1 if only the own namespace is read. */
  private final int netnsLabel;

  private final byte[] values;
  private final int[] valueEnds;
  private final int[] begun;
  private final boolean withTcpStates;
  private boolean withTraffic;
  private final Map<Timing, Histograms> times = new EnumMap<>(Timing.class);
  private final PackedCounts counts;
  private int value;
  private int end;

  /** {@code shown}: the snapshot of an observation whose endpoints, or sources, are laid out. */
  EndpointRowsBuilder(
      Observation observation, boolean netns, Function<Observation, Snapshot> shown) {
    Snapshot own = shown.apply(observation);
    List<String> names = own.labelNames();
    labelNames =
        netns
            ? Stream.concat(names.stream(), Stream.of(EndpointRows.NETNS)).sorted().toList()
            : names;
    netnsLabel = labelNames.indexOf(EndpointRows.NETNS);
    int[] sizes = new int[2];
    observation.forEach((namespace, each) -> {
      sizes[0] += shown.apply(each).endpointCount();
      sizes[1] += valueBytes(shown.apply(each), netns ? namespace : "");
    });
    values = new byte[sizes[1]];
    valueEnds = new int[sizes[0] * labelNames.size()];
    begun = new int[sizes[0]];
    withTcpStates = own.hasTcpConnections();
    counts =
        new PackedCounts(
            sizes[0],
            withTcpStates ? ConnectionFamily.COLUMNS_WITH_TCP_STATES : ConnectionFamily.COLUMNS);
    for (Timing timing : own.hasTimes() ? Timing.values() : NONE) {
      times.put(timing, new Histograms(sizes[0]));
    }
    observation.forEach((namespace, each) -> add(shown.apply(each), namespace));
  }

  private static int valueBytes(Snapshot snapshot, String netns) {
    int separators = snapshot.labelNames().size() - 1;
    return IntStream.range(0, snapshot.endpointCount())
        .map(endpoint -> snapshot.labels(endpoint).length() - separators + netns.length())
        .sum();
  }

  private void add(Snapshot snapshot, String netns) {
    withTraffic |= snapshot.hasTraffic();
    for (int endpoint : snapshot.byLabels()) { // as the client sorts them
      begun[value / labelNames.size()] = (int) snapshot.begunS(endpoint);
      addValues(snapshot.labels(endpoint), netns);
      snapshot.addCounts(endpoint, counts);
      times.forEach((timing, rows) -> rows.addRow(snapshot.times(timing), endpoint));
    }
  }

  private void addValues(String text, String netns) {
    int from = 0;
    for (int label = 0; label < labelNames.size(); label++) {
      if (label == netnsLabel) {
        addValue(netns, 0, netns.length());
      } else {
        int separator = text.indexOf(Snapshot.LABEL_SEPARATOR, from);
        int to = separator < 0 ? text.length() : separator;
        addValue(text, from, to);
        from = to + 1;
      }
    }
  }

  @SuppressWarnings("deprecation") // It drops the high bytes, and ASCII has none.
  private void addValue(String text, int from, int to) {
    text.getBytes(from, to, values, end);
    end += to - from;
    valueEnds[value++] = end;
  }

  EndpointRows build() {
    return build(null, Map.of());
  }

  /**
   * {@code sources}: the rows of sources that belong to these, or null. {@code named}: the names of
   * both.
   */
  EndpointRows build(EndpointRows sources, Map<InfoFamily, NamedRows> named) {
    return new EndpointRows(
        labelNames,
        values,
        valueEnds,
        begun,
        counts,
        withTcpStates,
        withTraffic,
        times,
        sources,
        named);
  }
}
