package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.US_ASCII;

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
 * Counter       1 value, a double
 * </pre>
 */
final class ProtobufSeriesWriter implements SeriesWriter {
  private static final int COUNTER_TYPE = 0;
  private static final int GAUGE_TYPE = 1;
  private static final int GAUGE = 2;
  private static final int COUNTER = 3;

  /** Wire types: the low three bits of the tag that begins each field. */
  private static final int VARINT = 0;

  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;

  /** A tag and a length of one byte. */
  private static final int DELIMITED_BYTES = 2;

  private final List<ConnectionFamily.Series> series;
  private final byte[] description;

  /** The name of each of the row's labels, as a field. */
  private final byte[][] labelNames;

  /** For each series the label of its reason, as a field; empty if it has none. */
  private final byte[][] reasons;

  /** How many of the row's labels have names that sort before the reason's. */
  private final int labelsBeforeReason;

  /** The field Gauge or Counter of a Metric up to the double itself. */
  private final byte[] beforeValue;

  ProtobufSeriesWriter(ConnectionFamily family, List<String> labelNames) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(string(1, family.metric()));
    fields.writeBytes(string(2, family.help));
    fields.write(tag(3, VARINT));
    fields.write(family.counter ? COUNTER_TYPE : GAUGE_TYPE);
    this.description = fields.toByteArray();
    this.series = family.series;
    this.labelNames = labelNames.stream().map(name -> string(1, name)).toArray(byte[][]::new);
    this.reasons = series.stream().map(one -> reason(family, one)).toArray(byte[][]::new);
    this.labelsBeforeReason =
        (int) labelNames.stream().filter(name -> name.compareTo(family.label) < 0).count();
    byte value = tag(family.counter ? COUNTER : GAUGE, LENGTH_DELIMITED);
    this.beforeValue = new byte[] {value, 1 + Double.BYTES, tag(1, FIXED_64)};
  }

  private static byte[] reason(ConnectionFamily family, ConnectionFamily.Series series) {
    if (!series.hasReason()) {
      return new byte[0];
    }
    byte[] name = string(1, family.label);
    byte[] value = string(2, series.reason());
    return ByteBuffer.allocate(DELIMITED_BYTES + name.length + value.length)
        .put(tag(1, LENGTH_DELIMITED))
        .put((byte) (name.length + value.length))
        .put(name)
        .put(value)
        .array();
  }

  private static byte tag(int field, int wireType) {
    return (byte) (field << 3 | wireType);
  }

  /** A field with a text shorter than 128, so that its length is one byte. */
  private static byte[] string(int field, String text) {
    return ByteBuffer.allocate(DELIMITED_BYTES + text.length())
        .put(tag(field, LENGTH_DELIMITED))
        .put((byte) text.length())
        .put(text.getBytes(US_ASCII))
        .array();
  }

  @Override
  public byte[] head(EndpointRows rows) {
    long rest = description.length + sizeBytes(rows);
    ByteBuffer head = ByteBuffer.allocate(varintBytes(rest) + description.length);
    putVarint(rest, head);
    return head.put(description).array();
  }

  /** Seven bits a byte, the lowest first; the high bit says that more follow. */
  private static void putVarint(long number, ByteBuffer out) {
    long rest = number;
    while (rest > 0x7f) {
      out.put((byte) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  private static int varintBytes(long number) {
    return (Long.SIZE - Long.numberOfLeadingZeros(number | 1) + 6) / 7;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    int size = 0;
    for (int i = 0; i < reasons.length; i++) {
      ConnectionFamily.Series one = series.get(i);
      if (one.shownAtZero() || rows.count(row, one) != 0) {
        size += delimitedBytes(metricBytes(rows, row, i));
      }
    }
    return size;
  }

  /** Of a field with its tag and length. */
  private static int delimitedBytes(int lengthBytes) {
    return 1 + varintBytes(lengthBytes) + lengthBytes;
  }

  private int metricBytes(EndpointRows rows, int row, int index) {
    int bytes = reasons[index].length + beforeValue.length + Double.BYTES;
    for (int label = 0; label < labelNames.length; label++) {
      bytes += delimitedBytes(labelPairBytes(rows, row, label));
    }
    return bytes;
  }

  private int labelPairBytes(EndpointRows rows, int row, int label) {
    return labelNames[label].length + delimitedBytes(rows.valueBytes(row, label));
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
    out.put(tag(4, LENGTH_DELIMITED));
    putVarint(metricBytes(rows, row, index), out);
    putLabels(rows, row, 0, labelsBeforeReason, out);
    out.put(reasons[index]);
    putLabels(rows, row, labelsBeforeReason, labelNames.length, out);
    out.put(beforeValue);
    out.putDouble((double) count);
  }

  private void putLabels(EndpointRows rows, int row, int start, int end, ByteBuffer out) {
    for (int label = start; label < end; label++) {
      out.put(tag(1, LENGTH_DELIMITED));
      putVarint(labelPairBytes(rows, row, label), out);
      out.put(labelNames[label]);
      out.put(tag(2, LENGTH_DELIMITED));
      putVarint(rows.valueBytes(row, label), out);
      out.put(rows.values(), rows.valueStart(row, label), rows.valueBytes(row, label));
    }
  }
}
