package io.conntrack.exporter.exposition;

import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.reading.Observation;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.SummaryWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Quantiles;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Registers families that take their values from an observation. All families of a scrape show the
 * same observation. With the label {@code netns} a family has the series of every network
 * namespace:
 *
 * <pre>
 * conntrack_exporter_in_sync{netns=""} 1.0
 * conntrack_exporter_in_sync{netns="blue"} 1.0
 * </pre>
 *
 * <p>To Prometheus an empty label is the same as no label. So the series of the own namespace stay
 * the same when others are read too. For one thread at a time.
 */
final class ObservedFamilies {
  /** Takes the series of one family: for each its value, and the values of its labels. */
  @FunctionalInterface
  interface Series {
    void add(double value, String... labelValues);

    default void count(long value, String... labelValues) {
      add((double) value, labelValues);
    }
  }

  /** Takes the count and the sum of a summary. */
  @FunctionalInterface
  interface Sum {
    void add(long count, double sum);
  }

  private final PrometheusRegistry registry;
  private final PrometheusProperties properties;
  private final boolean netns;

  /** Null where no scrape is under way. */
  private Observation observation;

  ObservedFamilies(PrometheusRegistry registry, PrometheusProperties properties, boolean netns) {
    this.registry = registry;
    this.properties = properties;
    this.netns = netns;
  }

  /** Whether the series have the label of their network namespace. */
  boolean hasNetns() {
    return netns;
  }

  /** What the registry shows from now on; null for nothing. */
  void observe(Observation observation) {
    this.observation = observation;
  }

  /** The observation of the scrape that is under way. */
  Observation observation() {
    return observation;
  }

  /** A gauge with one series. */
  void gauge(String name, String help, ToDoubleFunction<Observation> value) {
    gauge(name, help, (observed, series) -> series.add(value.applyAsDouble(observed)));
  }

  /** A gauge whose series differ in labels of these names. */
  void gauge(
      String name, String help, BiConsumer<Observation, Series> values, String... labelNames) {
    GaugeWithCallback.builder(properties)
        .name(name)
        .help(help)
        .labelNames(withNetns(labelNames))
        .callback(callback -> ofEach(values, callback::call))
        .register(registry);
  }

  /** A counter with one series. */
  void counter(String name, String help, ToDoubleFunction<Observation> value) {
    counter(name, help, (observed, series) -> series.add(value.applyAsDouble(observed)));
  }

  /** A counter whose series differ in labels of these names. */
  void counter(
      String name, String help, BiConsumer<Observation, Series> values, String... labelNames) {
    CounterWithCallback.builder(properties)
        .name(name)
        .help(help)
        .labelNames(withNetns(labelNames))
        .callback(callback -> ofEach(values, callback::call))
        .register(registry);
  }

  /** A gauge of the whole program, without the label of a namespace. */
  void ownGauge(
      String name, String help, BiConsumer<Observation, Series> values, String... labelNames) {
    GaugeWithCallback.builder(properties)
        .name(name)
        .help(help)
        .labelNames(labelNames)
        .callback(callback -> values.accept(observation, callback::call))
        .register(registry);
  }

  /** A counter of the whole program, without the label of a namespace. */
  void ownCounter(
      String name, String help, BiConsumer<Observation, Series> values, String... labelNames) {
    CounterWithCallback.builder(properties)
        .name(name)
        .help(help)
        .labelNames(labelNames)
        .callback(callback -> values.accept(observation, callback::call))
        .register(registry);
  }

  /** A summary of the whole program, with its count and its sum alone. */
  void ownSummary(String name, String help, Consumer<Sum> values) {
    SummaryWithCallback.builder(properties)
        .name(name)
        .help(help)
        .callback(
            callback -> values.accept((count, sum) -> callback.call(count, sum, Quantiles.EMPTY)))
        .register(registry);
  }

  private void ofEach(BiConsumer<Observation, Series> values, Series out) {
    if (netns) {
      observation.forEach((namespace, observed) ->
          values.accept(
              observed, (value, labelValues) -> out.add(value, with(labelValues, namespace))));
    } else {
      values.accept(observation, out);
    }
  }

  private String[] withNetns(String... labelNames) {
    return netns ? with(labelNames, EndpointRows.NETNS) : labelNames;
  }

  /** The words, and one more behind them. */
  static String[] with(String[] words, String last) {
    return Stream.concat(Arrays.stream(words), Stream.of(last)).toArray(String[]::new);
  }
}
