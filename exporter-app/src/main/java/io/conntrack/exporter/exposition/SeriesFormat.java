package io.conntrack.exporter.exposition;

import java.util.List;

/** The formats in which the families of connections are written. */
enum SeriesFormat {
  TEXT {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, false);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new TextHistogramWriter(family, labelNames, false);
    }
  },
  OPENMETRICS {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, true);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new TextHistogramWriter(family, labelNames, true);
    }
  },
  PROTOBUF {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new ProtobufSeriesWriter(family, labelNames);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new ProtobufHistogramWriter(family, labelNames);
    }
  };

  abstract SeriesWriter writer(ConnectionFamily family, List<String> labelNames);

  abstract SeriesWriter writer(HistogramFamily family, List<String> labelNames);
}
