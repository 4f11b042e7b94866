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
  private static final long FIRST_WITH_EXPONENT = 10_000_000;

  /** A series of the family: the parts of its text that are the same in all rows. */
  private static final class Template {
    private final ConnectionFamily.Series series;

    /** What comes before the value of each of the row's labels. */
    private final byte[][] beforeValues;

    private final byte[] afterLabels;
    private final int fixedBytes;

    Template(ConnectionFamily family, ConnectionFamily.Series series, List<String> labelNames) {
      this.series = series;
      this.beforeValues = new byte[labelNames.size()][];
      String reason = family.label + "=\"" + series.reason() + "\"";
      boolean pending = series.hasReason(); // It stands where its name sorts.
      String before = family.metric() + "{";
      for (int label = 0; label < beforeValues.length; label++) {
        if (pending && labelNames.get(label).compareTo(family.label) > 0) {
          before += reason + ",";
          pending = false;
        }
        beforeValues[label] = (before + labelNames.get(label) + "=\"").getBytes(US_ASCII);
        before = "\",";
      }
      afterLabels = (pending ? "\"," + reason + "} " : "\"} ").getBytes(US_ASCII);
      fixedBytes =
          Arrays.stream(beforeValues).mapToInt(bytes -> bytes.length).sum() + afterLabels.length;
    }
  }

  private final byte[] head;
  private final Template[] templates;
  private final byte[] end = ".0\n".getBytes(US_ASCII);

  TextSeriesWriter(ConnectionFamily family, List<String> labelNames, boolean openMetrics) {
    String name = openMetrics ? family.name : family.metric();
    String help = "# HELP " + name + " " + family.help + "\n";
    String type = "# TYPE " + name + (family.counter ? " counter\n" : " gauge\n");
    head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    templates =
        family.series.stream()
            .map(series -> new Template(family, series, labelNames))
            .toArray(Template[]::new);
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return head;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    int size = 0;
    for (Template template : templates) {
      long count = rows.count(row, template.series);
      if (count != 0 || template.series.shownAtZero()) {
        size += template.fixedBytes + rows.valueBytes(row) + decimalBytes(count);
      }
    }
    return size;
  }

  private int decimalBytes(long count) {
    return count < FIRST_WITH_EXPONENT ? digits(count) + end.length : withExponent(count).length;
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    for (Template template : templates) {
      long count = rows.count(row, template.series);
      if (count != 0 || template.series.shownAtZero()) {
        put(rows, row, template, count, out);
      }
    }
  }

  private void put(EndpointRows rows, int row, Template template, long count, ByteBuffer out) {
    for (int label = 0; label < template.beforeValues.length; label++) {
      out.put(template.beforeValues[label]);
      out.put(rows.values(), rows.valueStart(row, label), rows.valueBytes(row, label));
    }
    out.put(template.afterLabels);
    if (count < FIRST_WITH_EXPONENT) {
      putDigits(count, out);
      out.put(end);
    } else {
      out.put(withExponent(count));
    }
  }

  private static void putDigits(long number, ByteBuffer out) {
    int end = out.position() + digits(number);
    long rest = number;
    for (int i = end - 1; i >= out.position(); i--) {
      out.put(i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
    out.position(end);
  }

  private static byte[] withExponent(long number) {
    return (Double.toString((double) number) + "\n").getBytes(US_ASCII);
  }
}
