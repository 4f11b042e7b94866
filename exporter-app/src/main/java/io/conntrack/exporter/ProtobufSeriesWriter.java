package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Prometheus' protobuf: the message io.prometheus.client.MetricFamily after its length.
 *
 * <pre>
 * MetricFamily  1 name  2 help  3 type (1 is a gauge)  4 Metric, for each series
 * Metric        1 LabelPair, for each label  2 Gauge
 * LabelPair     1 name  2 value
 * Gauge         1 value, a double
 * </pre>
 */
final class ProtobufSeriesWriter implements SeriesWriter {
  private static final int GAUGE = 1;

  /** Wire types: the low three bits of the tag that begins each field. */
  private static final int VARINT = 0;

  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;

  /** The field Gauge of a Metric up to the double itself. */
  private static final byte[] BEFORE_VALUE = {
    tag(2, LENGTH_DELIMITED), 1 + Double.BYTES, tag(1, FIXED_64)
  };

  /** A tag and a length of one byte. */
  private static final int DELIMITED_BYTES = 2;

  private final ConnectionFamily family;
  private final byte[] description;

  /** The name of each label, as a field. */
  private final byte[][] labelNames;

  ProtobufSeriesWriter(ConnectionFamily family, List<String> labelNames) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(string(1, family.metric));
    fields.writeBytes(string(2, family.help));
    fields.write(tag(3, VARINT));
    fields.write(GAUGE);
    this.description = fields.toByteArray();
    this.labelNames = labelNames.stream().map(name -> string(1, name)).toArray(byte[][]::new);
    this.family = family;
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
    return delimitedBytes(metricBytes(rows, row));
  }

  /** Of a field with its tag and length. */
  private static int delimitedBytes(int lengthBytes) {
    return 1 + varintBytes(lengthBytes) + lengthBytes;
  }

  private int metricBytes(EndpointRows rows, int row) {
    int bytes = BEFORE_VALUE.length + Double.BYTES;
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
    out.put(tag(4, LENGTH_DELIMITED));
    putVarint(metricBytes(rows, row), out);
    for (int label = 0; label < labelNames.length; label++) {
      out.put(tag(1, LENGTH_DELIMITED));
      putVarint(labelPairBytes(rows, row, label), out);
      out.put(labelNames[label]);
      out.put(tag(2, LENGTH_DELIMITED));
      putVarint(rows.valueBytes(row, label), out);
      out.put(rows.values(), rows.valueStart(row, label), rows.valueBytes(row, label));
    }
    out.put(BEFORE_VALUE);
    out.putDouble(rows.connections(row, family));
  }
}
