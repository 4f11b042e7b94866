package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The text format, and OpenMetrics.
 *
 * <pre>
 * # HELP conntrack_open_connections How many open connections are there to the remote host?
 * # TYPE conntrack_open_connections gauge
 * conntrack_open_connections{host="10.0.1.5:3306"} 49.0
 * </pre>
 *
 * The two comments are in the other order in OpenMetrics.
 */
final class TextSeriesWriter implements SeriesWriter {
  /** From here on {@link Double#toString} writes an exponent. */
  private static final int FIRST_WITH_EXPONENT = 10_000_000;

  private final ConnectionFamily family;
  private final byte[] head;
  private final byte[] metric;

  /** What comes before the value of each label. */
  private final byte[][] beforeValues;

  private final int namesBytes;
  private final byte[] afterLabels = "\"} ".getBytes(US_ASCII);
  private final byte[] end = ".0\n".getBytes(US_ASCII);

  TextSeriesWriter(ConnectionFamily family, List<String> labelNames, boolean openMetrics) {
    String help = "# HELP " + family.metric + " " + family.help + "\n";
    String type = "# TYPE " + family.metric + " gauge\n";
    this.family = family;
    head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    metric = family.metric.getBytes(US_ASCII);
    beforeValues = new byte[labelNames.size()][];
    for (int label = 0; label < beforeValues.length; label++) {
      String before = (label == 0 ? "{" : "\",") + labelNames.get(label) + "=\"";
      beforeValues[label] = before.getBytes(US_ASCII);
    }
    namesBytes = Arrays.stream(beforeValues).mapToInt(before -> before.length).sum();
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return head;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    int connections = rows.connections(row, family);
    int decimal =
        connections < FIRST_WITH_EXPONENT
            ? digits(connections) + end.length
            : withExponent(connections).length;
    return metric.length + namesBytes + rows.valueBytes(row) + afterLabels.length + decimal;
  }

  private static int digits(int number) {
    int digits = 1;
    for (int rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    out.put(metric);
    for (int label = 0; label < beforeValues.length; label++) {
      out.put(beforeValues[label]);
      out.put(rows.values(), rows.valueStart(row, label), rows.valueBytes(row, label));
    }
    out.put(afterLabels);
    int connections = rows.connections(row, family);
    if (connections < FIRST_WITH_EXPONENT) {
      putDigits(connections, out);
      out.put(end);
    } else {
      out.put(withExponent(connections));
    }
  }

  private static void putDigits(int number, ByteBuffer out) {
    int end = out.position() + digits(number);
    int rest = number;
    for (int i = end - 1; i >= out.position(); i--) {
      out.put(i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
    out.position(end);
  }

  private static byte[] withExponent(int number) {
    return (Double.toString(number) + "\n").getBytes(US_ASCII);
  }
}
