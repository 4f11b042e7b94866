package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.PackedCounts;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Numbers and labels that no test could bring about with flows. */
class SeriesWriterTest {
  /** The longest value of a label, with every form that a number can have. */
  private static final String LONGEST = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";

  private static final long[] COUNTS = {
    0,
    1,
    9,
    10,
    99,
    127,
    128,
    1_234_567,
    9_999_999,
    10_000_000,
    10_000_001,
    2_147_483_648L,
    1L << 53
  };

  /** More labels than an endpoint has, so that a length in protobuf is two bytes. */
  @SuppressWarnings("unused") // by the tests' annotations
  static final List<List<String>> LABEL_NAMES =
      List.of(
          List.of("host"),
          List.of("direction", "host"),
          List.of("host", "service"),
          List.of("a", "b", "c", "d", "host"));

  /** In 2106: as an int it is negative. */
  private static final long BEGUN_S = 4_294_967_295L;

  private static byte[] ours(SeriesWriter writer, List<String> labelNames) throws IOException {
    StringBuilder values = new StringBuilder();
    int[] ends = new int[COUNTS.length * labelNames.size()];
    PackedCounts counts = new PackedCounts(COUNTS.length, ConnectionFamily.COLUMNS_WITH_TCP_STATES);
    for (int row = 0; row < COUNTS.length; row++) {
      for (int label = 0; label < labelNames.size(); label++) {
        ends[row * labelNames.size() + label] = values.append(value(row)).length();
      }
      for (int column = 0; column < ConnectionFamily.COLUMNS_WITH_TCP_STATES; column++) {
        counts.add(COUNTS[row]);
      }
    }
    int[] begun = new int[COUNTS.length];
    Arrays.fill(begun, (int) BEGUN_S);
    EndpointRows rows =
        new EndpointRows(
            labelNames,
            values.toString().getBytes(US_ASCII),
            ends,
            begun,
            counts,
            true,
            true,
            Map.of(),
            null,
            Map.of());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Document document = new Document(List.of(writer), rows, new byte[0]);
    document.writeTo(out);
    assertThat(document.sizeBytes()).isEqualTo(out.size());
    return out.toByteArray();
  }

  /** Each of another length, the first empty, and in the order of the rows. */
  private static String value(int row) {
    return row == 0 ? "" : LONGEST.substring(0, LONGEST.length() - COUNTS.length + 1 + row);
  }

  private static byte[] clients(
      ConnectionFamily family, List<String> labelNames, ExpositionFormatWriter writer)
      throws IOException {
    MetricMetadata metadata = new MetricMetadata(family.name, family.help);
    MetricSnapshot snapshot =
        family.counter
            ? new CounterSnapshot(
                metadata,
                points(
                    family,
                    labelNames,
                    (count, labels) ->
                        new CounterDataPointSnapshot(count, labels, null, BEGUN_S * 1000)))
            : new GaugeSnapshot(
                metadata,
                points(
                    family,
                    labelNames,
                    (count, labels) -> new GaugeDataPointSnapshot(count, labels, null)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(out, MetricSnapshots.of(snapshot), EscapingScheme.ALLOW_UTF8);
    return out.toByteArray();
  }

  /** What is at zero is left out, unless its series begins there. */
  private static <T> List<T> points(
      ConnectionFamily family, List<String> labelNames, BiFunction<Double, Labels, T> point) {
    List<T> points = new ArrayList<>();
    for (int row = 0; row < COUNTS.length; row++) {
      String[] values = new String[labelNames.size()];
      Arrays.fill(values, value(row));
      Labels labels = Labels.of(labelNames.toArray(String[]::new), values);
      for (ConnectionFamily.Series series : family.series) {
        if (series.shownAtZero() || COUNTS[row] > 0) {
          Labels all =
              series.hasReason() ? labels.merge(Labels.of(family.label, series.reason())) : labels;
          points.add(point.apply((double) COUNTS[row], all));
        }
      }
    }
    return points;
  }

  @ParameterizedTest
  @FieldSource("LABEL_NAMES")
  void theTextFormatIsTheClients(List<String> labels) throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      assertThat(ours(new TextSeriesWriter(family, labels, false, false), labels))
          .isEqualTo(clients(family, labels, PrometheusTextFormatWriter.create()));
    }
  }

  @ParameterizedTest
  @FieldSource("LABEL_NAMES")
  void openMetricsIsTheClientsUpToTheEnd(List<String> labels) throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      openMetricsIsTheClients(family, labels, false);
      openMetricsIsTheClients(family, labels, true);
    }
  }

  private static void openMetricsIsTheClients(
      ConnectionFamily family, List<String> labels, boolean created) throws IOException {
    byte[] expected =
        clients(
            family,
            labels,
            OpenMetricsTextFormatWriter.builder().setCreatedTimestampsEnabled(created).build());
    assertThat(ours(new TextSeriesWriter(family, labels, true, created), labels))
        .isEqualTo(Arrays.copyOf(expected, expected.length - "# EOF\n".length()));
  }

  @ParameterizedTest
  @FieldSource("LABEL_NAMES")
  void protobufIsTheClients(List<String> labels) throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      assertThat(ours(new ProtobufSeriesWriter(family, labels), labels))
          .isEqualTo(clients(family, labels, new PrometheusProtobufWriter()));
    }
  }
}
