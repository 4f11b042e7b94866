package io.conntrack.exporter.format;

import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.exporter.terms.HistogramForm;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Prometheus' protobuf of a histogram, with native buckets or classic ones or both.
 *
 * <pre>
 * MetricFamily  1 name  2 help  3 type (4 histogram)  4 Metric, for each row
 * Metric        1 LabelPair, for each label  7 Histogram
 * Histogram     1 count  2 sum, a double  3 Bucket, for each classic one
 *               5 schema, zigzag  6 zero threshold, a double
 *               7 zero count  12 BucketSpan, for each run of buckets
 *               13 for each bucket by how much its count differs from the one before, zigzag
 *               15 Timestamp: since when it counts
 * Bucket        1 count of what is no longer  2 its end, a double
 * BucketSpan    1 how far behind the one before, of the first its index, zigzag  2 length
 * </pre>
 */
final class ProtobufHistogramWriter implements SeriesWriter {
  private static final int HISTOGRAM_TYPE = 4;
  private static final int HISTOGRAM = 7;

  /** Two longer gaps cost more as buckets at zero than as another span. */
  private static final int LONGEST_GAP = 2;

  /** A tag, and the longest varint. */
  private static final int LONGEST_DELTA_BYTES = 11;

  /** A tag and a length, and two numbers of 32 bits. */
  private static final int LONGEST_SPAN_BYTES = 14;

  /** Three numbers, two doubles and a timestamp. */
  private static final int LONGEST_OTHERS_BYTES = 3 * 11 + 2 * 9 + 8;

  /** Two numbers, and their tag and length. */
  private static final int LONGEST_CLASSIC_BYTES = 2 + 11 + 9;

  private final HistogramFamily family;
  private final HistogramForm form;
  private final byte[] description;
  private final ProtobufLabels labels;

  ProtobufHistogramWriter(HistogramFamily family, HistogramForm form, List<String> labelNames) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    fields.writeBytes(Protobuf.string(1, family.name));
    fields.writeBytes(Protobuf.string(2, family.help));
    fields.write(Protobuf.tag(3, Protobuf.VARINT));
    fields.write(HISTOGRAM_TYPE);
    this.description = fields.toByteArray();
    this.family = family;
    this.form = form;
    this.labels = new ProtobufLabels(labelNames);
  }

  @Override
  public byte[] head(EndpointRows rows) {
    return Protobuf.head(description, sizeBytes(rows));
  }

  @Override
  public int sizeBytes(EndpointRows rows, int row) {
    return Protobuf.delimitedBytes(metricBytes(rows, row, histogram(rows, row)));
  }

  private int metricBytes(EndpointRows rows, int row, byte[] histogram) {
    return labels.sizeBytes(rows, row) + Protobuf.delimitedBytes(histogram.length);
  }

  @Override
  public void put(EndpointRows rows, int row, ByteBuffer out) {
    byte[] histogram = histogram(rows, row);
    Protobuf.putDelimited(4, metricBytes(rows, row, histogram), out);
    labels.put(rows, row, 0, labels.count(), out);
    Protobuf.putDelimited(HISTOGRAM, histogram.length, out);
    out.put(histogram);
  }

  private byte[] histogram(EndpointRows rows, int row) {
    Histograms histograms = rows.histograms(family);
    Buckets buckets = new Buckets(family.timing, histograms.filled(row));
    histograms.forEach(row, buckets);
    int mostBytes = buckets.mostBytes() + (family.classicBuckets() + 1) * LONGEST_CLASSIC_BYTES;
    ByteBuffer out = ByteBuffer.allocate(mostBytes).order(ByteOrder.LITTLE_ENDIAN);
    Protobuf.putVarint(1, histograms.count(row), out);
    Protobuf.putDouble(2, histograms.sum(row), out);
    if (form.isClassic()) {
      putClassic(histograms, row, out);
    }
    if (form.isNative()) {
      Protobuf.putVarint(5, Protobuf.zigzag(family.timing.schema), out);
      Protobuf.putDouble(6, family.timing.zeroThreshold(), out);
      Protobuf.putVarint(7, buckets.zeroCount, out);
      buckets.putTo(out);
    }
    Protobuf.putTimestamp(15, rows.begunS(row), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  private void putClassic(Histograms histograms, int row, ByteBuffer out) {
    long[] cumulative = family.cumulative(histograms, row);
    for (int i = 0; i < cumulative.length; i++) {
      putClassic(cumulative[i], family.classicBound(i), out);
    }
    putClassic(histograms.count(row), Double.POSITIVE_INFINITY, out);
  }

  private static void putClassic(long count, double bound, ByteBuffer out) {
    Protobuf.putDelimited(3, 1 + Protobuf.varintBytes(count) + 1 + Double.BYTES, out);
    Protobuf.putVarint(1, count, out);
    Protobuf.putDouble(2, bound, out);
  }

  /** Takes the columns of a row, and makes runs of them. */
  private static final class Buckets implements Histograms.Taker {
    private final Timing timing;
    private long zeroCount;

    /** Those of all runs, one behind the other. */
    private final long[] counts;

    private int end;

    /** For each run the first bucket's index, and where it ends in the counts. */
    private final int[] firsts;

    private final int[] ends;
    private int runs;
    private int last;

    Buckets(Timing timing, int filled) {
      this.timing = timing;
      this.counts = new long[(1 + LONGEST_GAP) * filled];
      this.firsts = new int[filled];
      this.ends = new int[filled];
    }

    /** What a histogram of these takes at most. */
    int mostBytes() {
      return LONGEST_OTHERS_BYTES + runs * LONGEST_SPAN_BYTES + end * LONGEST_DELTA_BYTES;
    }

    @Override
    public void take(int column, long count) {
      if (column == 0) {
        zeroCount = count;
        return;
      }
      int bucket = timing.bucket(column);
      if (runs == 0 || bucket - last - 1 > LONGEST_GAP) {
        firsts[runs++] = bucket;
      } else {
        end += bucket - last - 1;
      }
      counts[end++] = count;
      ends[runs - 1] = end;
      last = bucket;
    }

    void putTo(ByteBuffer out) {
      int behind = 0;
      for (int run = 0; run < runs; run++) {
        int length = ends[run] - (run == 0 ? 0 : ends[run - 1]);
        long offset = Protobuf.zigzag(firsts[run] - behind);
        int spanBytes = 2 + Protobuf.varintBytes(offset) + Protobuf.varintBytes(length);
        Protobuf.putDelimited(12, spanBytes, out);
        Protobuf.putVarint(1, offset, out);
        Protobuf.putVarint(2, length, out);
        behind = firsts[run] + length;
      }
      long before = 0;
      for (int i = 0; i < end; i++) {
        Protobuf.putVarint(13, Protobuf.zigzag(counts[i] - before), out);
        before = counts[i];
      }
    }
  }
}
