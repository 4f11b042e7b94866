package io.conntrack.exporter.exposition;

import java.util.List;

/** The formats in which the families of connections are written. */
enum SeriesFormat {
  TEXT(0) {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, false);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new TextHistogramWriter(family, labelNames, false);
    }
  },
  OPENMETRICS("# EOF\n".length()) {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new TextSeriesWriter(family, labelNames, true);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new TextHistogramWriter(family, labelNames, true);
    }
  },
  PROTOBUF(0) {
    @Override
    SeriesWriter writer(ConnectionFamily family, List<String> labelNames) {
      return new ProtobufSeriesWriter(family, labelNames);
    }

    @Override
    SeriesWriter writer(HistogramFamily family, List<String> labelNames) {
      return new ProtobufHistogramWriter(family, labelNames);
    }
  };

  /** How long what ends a document is. */
  final int endBytes;

  SeriesFormat(int endBytes) {
    this.endBytes = endBytes;
  }

  abstract SeriesWriter writer(ConnectionFamily family, List<String> labelNames);

  abstract SeriesWriter writer(HistogramFamily family, List<String> labelNames);
}
