package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
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

    private final TextLabels labels;

    Template(ConnectionFamily family, ConnectionFamily.Series series, List<String> labelNames) {
      this.series = series;
      String reason = family.label + "=\"" + series.reason() + "\"";
      this.labels =
          new TextLabels(
              family.metric(),
              labelNames,
              series.hasReason() ? reason : "",
              family.labelsBefore(labelNames));
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
        size += template.labels.sizeBytes(rows, row) + decimalBytes(count);
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
    template.labels.put(rows, row, out);
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
