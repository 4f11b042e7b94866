package io.conntrack.exporter.format;

import java.nio.ByteBuffer;
import java.util.List;

/** The labels of rows as fields of Prometheus' protobuf message Metric. Immutable. */
final class ProtobufLabels {
  private static final int LABEL = 1;
  private static final int VALUE = 2;

  /** The name of each of the row's labels, as a field. */
  private final byte[][] names;

  ProtobufLabels(List<String> labelNames) {
    this.names = labelNames.stream().map(name -> Protobuf.string(1, name)).toArray(byte[][]::new);
  }

  int count() {
    return names.length;
  }

  int sizeBytes(EndpointRows rows, int row) {
    int bytes = 0;
    for (int label = 0; label < names.length; label++) {
      bytes += Protobuf.delimitedBytes(pairBytes(rows, row, label));
    }
    return bytes;
  }

  private int pairBytes(EndpointRows rows, int row, int label) {
    return names[label].length + Protobuf.delimitedBytes(rows.valueBytes(row, label));
  }

  /** Writes those from start to end. */
  void put(EndpointRows rows, int row, int start, int end, ByteBuffer out) {
    for (int label = start; label < end; label++) {
      Protobuf.putDelimited(LABEL, pairBytes(rows, row, label), out);
      out.put(names[label]);
      Protobuf.putDelimited(VALUE, rows.valueBytes(row, label), out);
      out.put(rows.values(), rows.valueStart(row, label), rows.valueBytes(row, label));
    }
  }
}
