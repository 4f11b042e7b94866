package io.conntrack.exporter.format;

import io.conntrack.aggregator.state.Histograms;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The families with series for each remote endpoint or source, as the registry knows them. A scrape
 * does not collect them. The exposition streams the same families by {@link SeriesWriter}s, in a
 * small part of the time and memory. The tests hold the streamed bytes to what the client makes of
 * these, and the benchmark measures both.
 */
public final class EndpointFamilies implements MultiCollector {
  private final Supplier<EndpointRows> observed;

  /**
   * @param observed the endpoints of the scrape that is under way
   */
  public EndpointFamilies(Supplier<EndpointRows> observed) {
    this.observed = observed;
  }

  /** The names of all these families, without suffixes. */
  public static Stream<String> names() {
    return Stream.of(
            Arrays.stream(ConnectionFamily.values()).map(family -> family.name),
            Arrays.stream(HistogramFamily.values()).map(family -> family.name),
            Arrays.stream(InfoFamily.values()).map(family -> family.name))
        .flatMap(names -> names);
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return Stream.of(
            Arrays.stream(ConnectionFamily.values()).map(EndpointFamilies::descriptor),
            Arrays.stream(HistogramFamily.values())
                .map(family ->
                    MetricFamilyDescriptor.histogram(family.name).help(family.help).build()),
            Arrays.stream(InfoFamily.values())
                .map(family ->
                    MetricFamilyDescriptor.info(family.name).help(InfoFamily.HELP).build()))
        .flatMap(descriptors -> descriptors)
        .toList();
  }

  private static MetricFamilyDescriptor descriptor(ConnectionFamily family) {
    return family.counter
        ? MetricFamilyDescriptor.counter(family.name).help(family.help).build()
        : MetricFamilyDescriptor.gauge(family.name).help(family.help).build();
  }

  @Override
  public MetricSnapshots collect() {
    EndpointRows rows = observed.get();
    List<MetricSnapshot> families = new ArrayList<>();
    for (ConnectionFamily family : ConnectionFamily.values()) {
      if (rows.shows(family)) {
        EndpointRows own = rows.of(family);
        families.add(family.counter ? counter(family, own) : gauge(family, own));
      }
    }
    if (rows.hasHistograms()) {
      for (HistogramFamily family : HistogramFamily.values()) {
        families.add(histogram(family, rows));
      }
    }
    for (InfoFamily family : InfoFamily.values()) {
      if (rows.named(family) != null) {
        families.add(info(family, rows.named(family)));
      }
    }
    return new MetricSnapshots(families);
  }

  private static InfoSnapshot info(InfoFamily family, NamedRows rows) {
    List<String> labels = rows.labelNames();
    List<InfoDataPointSnapshot> points =
        IntStream.range(0, rows.count())
            .mapToObj(row -> Labels.of(labels, List.of(rows.values(row))))
            .map(InfoDataPointSnapshot::new)
            .toList();
    return new InfoSnapshot(new MetricMetadata(family.name, InfoFamily.HELP), points);
  }

  private static GaugeSnapshot gauge(ConnectionFamily family, EndpointRows rows) {
    List<GaugeDataPointSnapshot> points = new ArrayList<>();
    for (int row = 0; row < rows.count(); row++) {
      for (ConnectionFamily.Series series : family.series) {
        points.add(
            new GaugeDataPointSnapshot(
                rows.count(row, series), labels(rows, row, family, series), null));
      }
    }
    return new GaugeSnapshot(new MetricMetadata(family.name, family.help), points);
  }

  private static CounterSnapshot counter(ConnectionFamily family, EndpointRows rows) {
    List<CounterDataPointSnapshot> points = new ArrayList<>();
    for (int row = 0; row < rows.count(); row++) {
      for (ConnectionFamily.Series series : family.series) {
        long count = rows.count(row, series);
        if (count > 0 || series.shownAtZero()) {
          Labels labels = labels(rows, row, family, series);
          points.add(
              new CounterDataPointSnapshot((double) count, labels, null, begunMs(rows, row)));
        }
      }
    }
    return new CounterSnapshot(new MetricMetadata(family.name, family.help), points);
  }

  private static HistogramSnapshot histogram(HistogramFamily family, EndpointRows rows) {
    List<HistogramDataPointSnapshot> points =
        IntStream.range(0, rows.count()).mapToObj(row -> histogram(family, rows, row)).toList();
    return new HistogramSnapshot(new MetricMetadata(family.name, family.help), points);
  }

  private static HistogramDataPointSnapshot histogram(
      HistogramFamily family, EndpointRows rows, int row) {
    Histograms histograms = rows.histograms(family);
    NativeHistogramBuckets.Builder buckets = NativeHistogramBuckets.builder();
    long[] zeroes = new long[1];
    histograms.forEach(
        row,
        (column, count) -> {
          if (column == 0) {
            zeroes[0] = count;
          } else {
            buckets.bucket(family.timing.bucket(column), count);
          }
        });
    return new HistogramDataPointSnapshot(
        family.timing.schema,
        zeroes[0],
        family.timing.zeroThreshold(),
        buckets.build(),
        NativeHistogramBuckets.EMPTY,
        histograms.sum(row),
        labels(rows, row),
        Exemplars.EMPTY,
        begunMs(rows, row));
  }

  private static long begunMs(EndpointRows rows, int row) {
    return TimeUnit.SECONDS.toMillis(rows.begunS(row));
  }

  private static Labels labels(
      EndpointRows rows, int row, ConnectionFamily family, ConnectionFamily.Series series) {
    Labels labels = labels(rows, row);
    return series.hasReason() ? labels.merge(Labels.of(family.label, series.reason())) : labels;
  }

  private static Labels labels(EndpointRows rows, int row) {
    List<String> names = rows.labelNames();
    List<String> values =
        IntStream.range(0, names.size()).mapToObj(label -> rows.value(row, label)).toList();
    return Labels.of(names, values);
  }
}
