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
 * The two comments are in the other order in OpenMetrics. There, a counter may have another series,
 * which tells since when it counts:
 *
 * <pre>
 * conntrack_connections_opened_created{host="10.0.1.5:3306"} 1780000000.000
 * </pre>
 */
final class TextSeriesWriter implements SeriesWriter {
  /** From here on {@link Double#toString} writes an exponent. */
  private static final long FIRST_WITH_EXPONENT = 10_000_000;

  /** A series of the family: the parts of its text that are the same in all rows. */
  private static final class Template {
    private final ConnectionFamily.Series series;

    private final TextLabels labels;

    /** Null where it is not told. */
    private final TextLabels created;

    Template(
        ConnectionFamily family,
        ConnectionFamily.Series series,
        List<String> labelNames,
        boolean created) {
      this.series = series;
      this.labels = labels(family.metric(), family, series, labelNames);
      this.created =
          created && family.counter
              ? labels(family.name + TextNumber.CREATED, family, series, labelNames)
              : null;
    }

    private static TextLabels labels(
        String metric,
        ConnectionFamily family,
        ConnectionFamily.Series series,
        List<String> labelNames) {
      String reason = family.label + "=\"" + series.reason() + "\"";
      return new TextLabels(
          metric, labelNames, series.hasReason() ? reason : "", family.labelsBefore(labelNames));
    }
  }

  private final byte[] head;
  private final Template[] templates;
  private final byte[] end = ".0\n".getBytes(US_ASCII);

  TextSeriesWriter(
      ConnectionFamily family, List<String> labelNames, boolean openMetrics, boolean created) {
    String name = openMetrics ? family.name : family.metric();
    String help = "# HELP " + name + " " + family.help + "\n";
    String type = "# TYPE " + name + (family.counter ? " counter\n" : " gauge\n");
    head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    templates =
        family.series.stream()
            .map(series -> new Template(family, series, labelNames, created))
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
        if (template.created != null) {
          size +=
              template.created.sizeBytes(rows, row) + TextNumber.timestampBytes(rows.begunS(row));
        }
      }
    }
    return size;
  }

  private int decimalBytes(long count) {
    return count < FIRST_WITH_EXPONENT
        ? TextNumber.digits(count) + end.length
        : withExponent(count).length;
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
      TextNumber.put(count, out);
      out.put(end);
    } else {
      out.put(withExponent(count));
    }
    if (template.created != null) {
      template.created.put(rows, row, out);
      TextNumber.putTimestamp(rows.begunS(row), out);
    }
  }

  private static byte[] withExponent(long number) {
    return (Double.toString((double) number) + "\n").getBytes(US_ASCII);
  }
}
