package io.conntrack.exporter.format;

import io.conntrack.exporter.terms.HistogramForm;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The formats in which the families of connections are written. */
public enum SeriesFormat {
  TEXT {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, false, false);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, HistogramForm form, List<String> labelNames) {
      return new TextHistogramWriter(family, form, labelNames, false, false);
    }
  },
  OPENMETRICS {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, true, false);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, HistogramForm form, List<String> labelNames) {
      return new TextHistogramWriter(family, form, labelNames, true, false);
    }
  },
  /** With series that tell since when the counters count. */
  OPENMETRICS_CREATED {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, true, true);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, HistogramForm form, List<String> labelNames) {
      return new TextHistogramWriter(family, form, labelNames, true, true);
    }
  },
  PROTOBUF {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new ProtobufSeriesWriter(family, labelNames);
    }

    @Override
    SeriesWriter writer(InfoFamily family, List<String> labelNames) {
      return new ProtobufInfoWriter(family, labelNames);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, HistogramForm form, List<String> labelNames) {
      return new ProtobufHistogramWriter(family, form, labelNames);
    }
  };

  /**
   * The format of one of the Prometheus client's writers.
   *
   * @param created whether OpenMetrics tells since when counters count; protobuf always does
   */
  public static SeriesFormat of(ExpositionFormatWriter client, boolean created) {
    // No switch of types: linking one costs the first scrape milliseconds.
    if (client instanceof PrometheusProtobufWriter) {
      return PROTOBUF;
    }
    if (client instanceof OpenMetricsTextFormatWriter) {
      return created ? OPENMETRICS_CREATED : OPENMETRICS;
    }
    return TEXT;
  }

  /** A writer for each family that the rows have and that is asked for, by its name. */
  public NavigableMap<String, SeriesWriter> writers(
      EndpointRows rows, HistogramForm form, Predicate<String> asked) {
    NavigableMap<String, SeriesWriter> writers = new TreeMap<>();
    for (ConnectionFamily family : ConnectionFamily.values()) {
      if (rows.shows(family) && asked.test(family.name)) {
        SeriesWriter writer = writer(family, rows.of(family).labelNames());
        writers.put(family.name, family.isOfSources() ? new SourceWriter(writer) : writer);
      }
    }
    for (HistogramFamily family : HistogramFamily.values()) {
      if (rows.hasHistograms() && asked.test(family.name)) {
        writers.put(family.name, writer(family, form, rows.labelNames()));
      }
    }
    for (InfoFamily family : InfoFamily.values()) {
      if (rows.named(family) != null && asked.test(family.name)) {
        writers.put(family.name, writer(family, rows.named(family).labelNames()));
      }
    }
    return writers;
  }

  abstract SeriesWriter writer(ConnectionFamily family, List<String> labelNames);

  /** Of the text formats; protobuf has its own. */
  SeriesWriter writer(InfoFamily family, List<String> labelNames) {
    return new TextInfoWriter(family, labelNames, this != TEXT);
  }

  abstract SeriesWriter writer(HistogramFamily family, HistogramForm form, List<String> labelNames);
}
