package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.Timing;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Histograms are written as the client does it, whichever buckets are filled. */
class HistogramWriterTest {
  /** Sorts before le, and after it; the client has le behind both. */
  private static final List<String> LABEL_NAMES = List.of("host", "service");

  private static String value(int row) {
    return "10.0.1." + row + ":3306";
  }

  /** How many of a row's columns are filled, in a hundred. */
  private static final int[] FILLED = {0, 0, 1, 3, 10, 30, 60, 100, 100};

  private final SplittableRandom random = new SplittableRandom(5);

  private Histograms histograms(Timing timing) {
    Histograms histograms = new Histograms(FILLED.length);
    for (int row = 0; row < FILLED.length; row++) {
      for (int column = 0; column < timing.columns; column++) {
        boolean filled = random.nextInt(100) < FILLED[row];
        // The longest numbers that there are, and short ones.
        histograms.add(column, filled ? 1 + random.nextLong(1L << random.nextInt(1, 45)) : 0);
      }
      histograms.endRow(row == 0 ? 0 : random.nextDouble(1e12));
    }
    return histograms;
  }

  private static byte[] ours(SeriesWriter writer, Histograms histograms, Timing timing)
      throws IOException {
    StringBuilder values = new StringBuilder();
    int[] ends = new int[FILLED.length * LABEL_NAMES.size()];
    PackedCounts counts = new PackedCounts(FILLED.length, ConnectionFamily.COLUMNS);
    for (int i = 0; i < ends.length; i++) {
      ends[i] = values.append(value(i / LABEL_NAMES.size())).length();
    }
    EndpointRows rows =
        new EndpointRows(
            LABEL_NAMES,
            values.toString().getBytes(US_ASCII),
            ends,
            counts,
            false,
            false,
            Map.of(timing, histograms));
    Document document = new Document(List.of(writer), rows, new byte[0]);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    document.writeTo(out);
    assertThat(document.sizeBytes()).isEqualTo(out.size());
    return out.toByteArray();
  }

  private static byte[] clients(
      HistogramFamily family, Histograms histograms, ExpositionFormatWriter writer)
      throws IOException {
    List<HistogramDataPointSnapshot> points = new ArrayList<>();
    Timing timing = family.timing;
    for (int row = 0; row < FILLED.length; row++) {
      NativeHistogramBuckets.Builder buckets = NativeHistogramBuckets.builder();
      long[] zeroes = new long[1];
      histograms.forEach(
          row,
          (column, count) -> {
            if (column == 0) {
              zeroes[0] = count;
            } else {
              buckets.bucket(timing.bucket(column), count);
            }
          });
      points.add(
          new HistogramDataPointSnapshot(
              timing.schema,
              zeroes[0],
              timing.zeroThreshold(),
              buckets.build(),
              NativeHistogramBuckets.EMPTY,
              histograms.sum(row),
              Labels.of("host", value(row), "service", value(row)),
              Exemplars.EMPTY,
              0));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    HistogramSnapshot snapshot =
        new HistogramSnapshot(new MetricMetadata(family.name, family.help), points);
    writer.write(out, MetricSnapshots.of(snapshot), EscapingScheme.UNDERSCORE_ESCAPING);
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource
  void protobufIsTheClients(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);

    assertThat(ours(new ProtobufHistogramWriter(family, LABEL_NAMES), histograms, family.timing))
        .isEqualTo(clients(family, histograms, new PrometheusProtobufWriter()));
  }

  @ParameterizedTest
  @EnumSource
  void theTextFormatIsTheClients(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);

    assertThat(ours(new TextHistogramWriter(family, LABEL_NAMES, false), histograms, family.timing))
        .asString(US_ASCII)
        .isEqualTo(
            new String(clients(family, histograms, PrometheusTextFormatWriter.create()), US_ASCII));
  }

  @ParameterizedTest
  @EnumSource
  void openMetricsIsTheClientsUpToTheEnd(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);
    byte[] expected = clients(family, histograms, OpenMetricsTextFormatWriter.create());

    assertThat(ours(new TextHistogramWriter(family, LABEL_NAMES, true), histograms, family.timing))
        .asString(US_ASCII)
        .isEqualTo(
            new String(Arrays.copyOf(expected, expected.length - "# EOF\n".length()), US_ASCII));
  }
}
