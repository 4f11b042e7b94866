package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.conntrack.aggregator.state.Histograms;
import java.nio.ByteBuffer;
import java.util.List;

/** The text format, and OpenMetrics: of a histogram the count and the sum. */
final class TextHistogramWriter implements SeriesWriter {
  private final HistogramFamily family;
  private final byte[] head;
  private final TextLabels bucket;
  private final TextLabels count;
  private final TextLabels sum;

  TextHistogramWriter(HistogramFamily family, List<String> labelNames, boolean openMetrics) {
    String help = "# HELP " + family.name + " " + family.help + "\n";
    String type = "# TYPE " + family.name + " histogram\n";
    this.family = family;
    this.head = (openMetrics ? type + help : help + type).getBytes(US_ASCII);
    this.bucket =
        new TextLabels(family.name + "_bucket", labelNames, "le=\"+Inf\"", labelNames.size());
    this.count = new TextLabels(family.name + "_count", labelNames);
    this.sum = new TextLabels(family.name + "_sum", labelNames);
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return head;
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    Histograms histograms = rows.histograms(family);
    return bucket.sizeBytes(rows, row)
        + count.sizeBytes(rows, row)
        + sum.sizeBytes(rows, row)
        + 2 * line(histograms.count(row)).length
        + line(histograms.sum(row)).length;
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    Histograms histograms = rows.histograms(family);
    byte[] counted = line(histograms.count(row));
    bucket.put(rows, row, out);
    out.put(counted);
    count.put(rows, row, out);
    out.put(counted);
    sum.put(rows, row, out);
    out.put(line(histograms.sum(row)));
  }

  private static byte[] line(Object number) {
    return (number + "\n").getBytes(US_ASCII);
  }
}
