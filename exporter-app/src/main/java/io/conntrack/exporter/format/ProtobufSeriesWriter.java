package io.conntrack.exporter.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Prometheus' protobuf: the message io.prometheus.client.MetricFamily after its length.
 *
 * <pre>
 * MetricFamily  1 name  2 help  3 type (0 counter, 1 gauge)  4 Metric, for each series
 * Metric        1 LabelPair, for each label  2 Gauge or 3 Counter
 * LabelPair     1 name  2 value
 * Gauge         1 value, a double
 * Counter       1 value, a double  3 Timestamp: since when it counts
 * Timestamp     1 seconds since 1970
 * </pre>
 */
final class ProtobufSeriesWriter implements SeriesWriter {
  private static final int COUNTER_TYPE = 0;
  private static final int GAUGE_TYPE = 1;
  private static final int GAUGE = 2;
  private static final int COUNTER = 3;

  private final List<ConnectionFamily.Series> series;
  private final byte[] description;
  private final ProtobufLabels labels;

  /** For each series the label of its reason, as a field; empty if it has none. */
  private final byte[][] reasons;

  /** How many of the row's labels have names that sort before the reason's. */
  private final int labelsBeforeReason;

  private final boolean counter;

  ProtobufSeriesWriter(ConnectionFamily family, List<String> labelNames) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(Protobuf.string(1, family.metric()));
    fields.writeBytes(Protobuf.string(2, family.help));
    fields.write(Protobuf.tag(3, Protobuf.VARINT));
    fields.write(family.counter ? COUNTER_TYPE : GAUGE_TYPE);
    this.description = fields.toByteArray();
    this.series = family.series;
    this.labels = new ProtobufLabels(labelNames);
    this.reasons = series.stream().map(one -> reason(family, one)).toArray(byte[][]::new);
    this.labelsBeforeReason = family.labelsBefore(labelNames);
    this.counter = family.counter;
  }

  private static byte[] reason(ConnectionFamily family, ConnectionFamily.Series series) {
    if (!series.hasReason()) {
      return new byte[0];
    }
    byte[] name = Protobuf.string(1, family.label);
    return Protobuf.delimited(1, name, Protobuf.string(2, series.reason()));
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return Protobuf.head(description, sizeBytes(rows));
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    int size = 0;
    for (int i = 0; i < reasons.length; i++) {
      ConnectionFamily.Series one = series.get(i);
      if (one.shownAtZero() || rows.count(row, one) != 0) {
        size += Protobuf.delimitedBytes(metricBytes(rows, row, i));
      }
    }
    return size;
  }

  private int metricBytes(EndpointRows rows, int row, int index) {
    return reasons[index].length
        + labels.sizeBytes(rows, row)
        + Protobuf.delimitedBytes(valueBytes(rows, row));
  }

  private int valueBytes(EndpointRows rows, int row) {
    return 1 + Double.BYTES + (counter ? Protobuf.timestampBytes(rows.begunS(row)) : 0);
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    for (int i = 0; i < reasons.length; i++) {
      long count = rows.count(row, series.get(i));
      if (series.get(i).shownAtZero() || count != 0) {
        put(rows, row, i, count, out);
      }
    }
  }

  private void put(EndpointRows rows, int row, int index, long count, ByteBuffer out) {
    Protobuf.putDelimited(4, metricBytes(rows, row, index), out);
    labels.put(rows, row, 0, labelsBeforeReason, out);
    out.put(reasons[index]);
    labels.put(rows, row, labelsBeforeReason, labels.count(), out);
    Protobuf.putDelimited(counter ? COUNTER : GAUGE, valueBytes(rows, row), out);
    Protobuf.putDouble(1, (double) count, out);
    if (counter) {
      Protobuf.putTimestamp(3, rows.begunS(row), out);
    }
  }
}
