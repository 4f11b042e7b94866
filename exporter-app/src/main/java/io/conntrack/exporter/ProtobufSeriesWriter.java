package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Prometheus' protobuf: the message io.prometheus.client.MetricFamily after its length.
 *
 * <pre>
 * MetricFamily  1 name  2 help  3 type (1 is a gauge)  4 Metric, for each series
 * Metric        1 LabelPair  2 Gauge
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

  private static final byte[] LABEL_NAME = string(1, ConnectionFamily.LABEL);

  /** The field Gauge of a Metric up to the double itself. */
  private static final byte[] BEFORE_VALUE = {
    tag(2, LENGTH_DELIMITED), 1 + Double.BYTES, tag(1, FIXED_64)
  };

  /** A tag and a length of one byte. */
  private static final int DELIMITED_BYTES = 2;

  private final ConnectionFamily family;
  private final byte[] description;

  ProtobufSeriesWriter(ConnectionFamily family) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(string(1, family.metric));
    fields.writeBytes(string(2, family.help));
    fields.write(tag(3, VARINT));
    fields.write(GAUGE);
    description = fields.toByteArray();
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
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    long rest = description.length + sizeBytes(rows);
    // A varint: seven bits a byte, the lowest first; the high bit says that more follow.
    while (rest > 0x7f) {
      head.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    head.write((int) rest);
    head.writeBytes(description);
    return head.toByteArray();
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return DELIMITED_BYTES + metricBytes(rows, row);
  }

  private static int metricBytes(EndpointRows rows, int row) {
    return DELIMITED_BYTES + labelPairBytes(rows, row) + BEFORE_VALUE.length + Double.BYTES;
  }

  private static int labelPairBytes(EndpointRows rows, int row) {
    return LABEL_NAME.length + DELIMITED_BYTES + rows.labelBytes(row);
  }

  /** No label is as long as 64, so that every length is one byte. */
  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    out.put(tag(4, LENGTH_DELIMITED)).put((byte) metricBytes(rows, row));
    out.put(tag(1, LENGTH_DELIMITED)).put((byte) labelPairBytes(rows, row));
    out.put(LABEL_NAME);
    out.put(tag(2, LENGTH_DELIMITED)).put((byte) rows.labelBytes(row));
    out.put(rows.labels(), rows.labelStart(row), rows.labelBytes(row));
    out.put(BEFORE_VALUE);
    out.putDouble(rows.connections(row, family));
  }
}
