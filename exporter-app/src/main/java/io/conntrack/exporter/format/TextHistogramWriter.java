package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.state.Histograms;
import io.conntrack.exporter.terms.HistogramForm;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The text format, and OpenMetrics: of a histogram its classic buckets, if they are asked for, the
 * count and the sum, and in OpenMetrics maybe since when it counts.
 */
final class TextHistogramWriter implements SeriesWriter {
  private static final long[] NONE = {};

  private final HistogramFamily family;
  private final byte[] head;

  /** The last one has no end. */
  private final TextLabels[] buckets;

  private final TextLabels count;
  private final TextLabels sum;

  /** Null where it is not told. */
  private final TextLabels created;

  TextHistogramWriter(
      HistogramFamily family,
      HistogramForm form,
      List<String> labelNames,
      boolean openMetrics,
      boolean created) {
    String help = "# HELP " + family.name + " " + family.help + "\n";
    String type = "# TYPE " + family.name + " histogram\n";
    this.family = family;
    this.head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    this.buckets =
        Stream.concat(
                IntStream.range(0, form.isClassic() ? family.classicBuckets() : 0)
                    .mapToObj(i -> le(family.classicBound(i))),
                Stream.of("+Inf"))
            .map(le -> bucket(labelNames, le))
            .toArray(TextLabels[]::new);
    this.count = new TextLabels(family.name + "_count", labelNames);
    this.sum = new TextLabels(family.name + "_sum", labelNames);
    this.created = created ? new TextLabels(family.name + TextNumber.CREATED, labelNames) : null;
  }

  private TextLabels bucket(List<String> labelNames, String le) {
    String fixed = "le=\"" + le + "\"";
    return new TextLabels(family.name + "_bucket", labelNames, fixed, labelNames.size());
  }

  /** Without an exponent: Prometheus 2 takes it as a text. */
  private static String le(double bound) {
    return bound < 1 ? new BigDecimal(bound).toPlainString() : Double.toString(bound);
  }

  @Override
  public int longestBytes() {
    return LONGEST_BYTES + LONGEST_BYTES / 2;
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return head;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    Histograms histograms = rows.histograms(family);
    long[] cumulative = cumulative(histograms, row);
    long all = histograms.count(row);
    int bucketBytes = 0;
    for (int i = 0; i < buckets.length; i++) {
      long upTo = i < buckets.length - 1 ? cumulative[i] : all;
      bucketBytes += buckets[i].sizeBytes(rows, row) + lineBytes(upTo);
    }
    return bucketBytes
        + count.sizeBytes(rows, row)
        + sum.sizeBytes(rows, row)
        + lineBytes(all)
        + line(histograms.sum(row)).length
        + createdBytes(rows, row);
  }

  /** Nothing where the only bucket is the one without end. */
  private long[] cumulative(Histograms histograms, int row) {
    return buckets.length > 1 ? family.cumulative(histograms, row) : NONE;
  }

  private int createdBytes(EndpointRows rows, int row) {
    return created == null
        ? 0
        : created.sizeBytes(rows, row) + TextNumber.timestampBytes(rows.begunS(row));
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    Histograms histograms = rows.histograms(family);
    long[] cumulative = cumulative(histograms, row);
    long all = histograms.count(row);
    for (int i = 0; i < buckets.length; i++) {
      buckets[i].put(rows, row, out);
      putLine(i < buckets.length - 1 ? cumulative[i] : all, out);
    }
    count.put(rows, row, out);
    putLine(all, out);
    sum.put(rows, row, out);
    out.put(line(histograms.sum(row)));
    if (created != null) {
      created.put(rows, row, out);
      TextNumber.putTimestamp(rows.begunS(row), out);
    }
  }

  private static int lineBytes(long number) {
    return TextNumber.digits(number) + 1;
  }

  private static void putLine(long number, ByteBuffer out) {
    TextNumber.put(number, out);
    out.put((byte) '\n');
  }

  private static byte[] line(double number) {
    return (number + "\n").getBytes(US_ASCII);
  }
}
