package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The text before the number in a line: the metric's name, and the labels of a row. One label among
 * them may be the same in all rows. Immutable.
 */
final class TextLabels {
  /** What comes before the value of each of the row's labels. */
  private final byte[][] beforeValues;

  private final byte[] afterLabels;
  private final int fixedBytes;

  /** Those of the rows alone. */
  TextLabels(String metric, List<String> labelNames) {
    this(metric, labelNames, "", labelNames.size());
  }

  /**
   * @param fixed a label that is the same in all rows, {@code name="value"}, or an empty text
   * @param place how many of the row's labels come before it
   */
  TextLabels(String metric, List<String> labelNames, String fixed, int place) {
    beforeValues = new byte[labelNames.size()][];
    String before = metric + "{";
    for (int i = 0; i < beforeValues.length; i++) {
      before += i == place && !fixed.isEmpty() ? fixed + "," : "";
      beforeValues[i] = (before + labelNames.get(i) + "=\"").getBytes(US_ASCII);
      before = "\",";
    }
    boolean last = place == beforeValues.length && !fixed.isEmpty();
    afterLabels = (last ? "\"," + fixed + "} " : "\"} ").getBytes(US_ASCII);
    fixedBytes =
        Arrays.stream(beforeValues).mapToInt(bytes -> bytes.length).sum() + afterLabels.length;
  }

  int sizeBytes(EndpointRows rows, int row) {
    return fixedBytes + rows.valueBytes(row);
  }

  /** The buffer is on the heap: its array takes short pieces sooner than the buffer does. */
  void put(EndpointRows rows, int row, ByteBuffer out) {
    byte[] values = rows.values();
    byte[] to = out.array();
    int at = out.arrayOffset() + out.position();
    for (int label = 0; label < beforeValues.length; label++) {
      at = put(beforeValues[label], 0, beforeValues[label].length, to, at);
      at = put(values, rows.valueStart(row, label), rows.valueBytes(row, label), to, at);
    }
    at = put(afterLabels, 0, afterLabels.length, to, at);
    out.position(at - out.arrayOffset());
  }

  private static int put(byte[] from, int start, int length, byte[] to, int at) {
    System.arraycopy(from, start, to, at, length);
    return at + length;
  }
}
