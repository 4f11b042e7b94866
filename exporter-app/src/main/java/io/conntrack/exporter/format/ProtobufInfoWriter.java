package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Names in Prometheus' protobuf: gauges that are 1. See {@link ProtobufSeriesWriter}. */
final class ProtobufInfoWriter implements SeriesWriter {
  private static final int METRIC = 4;
  private static final int LABEL = 1;
  private static final int VALUE = 2;
  private static final int GAUGE = 2;
  private static final int GAUGE_TYPE = 1;

  private final InfoFamily family;
  private final byte[] description;

  /** The name of each label, as a field. */
  private final byte[][] labelNames;

  ProtobufInfoWriter(InfoFamily family, List<String> labelNames) {
    this.family = family;
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(Protobuf.string(1, family.metric()));
    fields.writeBytes(Protobuf.string(2, InfoFamily.HELP));
    fields.write(Protobuf.tag(3, Protobuf.VARINT));
    fields.write(GAUGE_TYPE);
    this.description = fields.toByteArray();
    this.labelNames =
        labelNames.stream().map(name -> Protobuf.string(1, name)).toArray(byte[][]::new);
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return Protobuf.head(description, sizeBytes(rows));
  }

  @Override
  public int rowCount(EndpointRows rows) {
    return rows.named(family).count();
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return Protobuf.delimitedBytes(metricBytes(rows.named(family).values(row)));
  }

  private int metricBytes(String[] values) {
    int bytes = Protobuf.delimitedBytes(1 + Double.BYTES);
    for (int label = 0; label < values.length; label++) {
      bytes += Protobuf.delimitedBytes(pairBytes(values, label));
    }
    return bytes;
  }

  private int pairBytes(String[] values, int label) {
    return labelNames[label].length + Protobuf.delimitedBytes(values[label].length());
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    String[] values = rows.named(family).values(row);
    Protobuf.putDelimited(METRIC, metricBytes(values), out);
    for (int label = 0; label < values.length; label++) {
      Protobuf.putDelimited(LABEL, pairBytes(values, label), out);
      out.put(labelNames[label]);
      Protobuf.putDelimited(VALUE, values[label].length(), out);
      out.put(values[label].getBytes(US_ASCII));
    }
    Protobuf.putDelimited(GAUGE, 1 + Double.BYTES, out);
    Protobuf.putDouble(1, 1, out);
  }
}
