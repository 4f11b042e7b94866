package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Numbers and labels that no test could bring about with flows. */
class SeriesWriterTest {
  /** The longest label there is, with every form that a number can have. */
  private static final String LABEL = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";

  private static final int[] COUNTS = {
    0, 1, 9, 10, 99, 100, 1_234_567, 9_999_999, 10_000_000, 10_000_001, 123_456_789, 2_147_483_647
  };

  private static byte[] ours(SeriesWriter writer) throws IOException {
    StringBuilder labels = new StringBuilder();
    int[] ends = new int[COUNTS.length];
    int[] connections = new int[ConnectionFamily.COUNT * COUNTS.length];
    for (int row = 0; row < COUNTS.length; row++) {
      ends[row] = labels.append(label(row)).length();
      int first = ConnectionFamily.COUNT * row;
      Arrays.fill(connections, first, first + ConnectionFamily.COUNT, COUNTS[row]);
    }
    EndpointRows rows = new EndpointRows(labels.toString().getBytes(US_ASCII), ends, connections);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Document document = new Document(List.of(writer), rows, new byte[0], List.of(), new byte[0]);
    document.writeTo(out);
    assertThat(document.sizeBytes()).isEqualTo(out.size());
    return out.toByteArray();
  }

  /** Each of another length, and in the order of the rows. */
  private static String label(int row) {
    return LABEL.substring(0, LABEL.length() - COUNTS.length + 1 + row);
  }

  private static byte[] clients(ConnectionFamily family, ExpositionFormatWriter writer)
      throws IOException {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(family.metric).help(family.help);
    IntStream.range(0, COUNTS.length)
        .mapToObj(row ->
            GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .value(COUNTS[row])
                .labels(Labels.of(ConnectionFamily.LABEL, label(row)))
                .build())
        .forEach(gauge::dataPoint);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(out, MetricSnapshots.of(gauge.build()), EscapingScheme.ALLOW_UTF8);
    return out.toByteArray();
  }

  @Test
  void theTextFormatIsTheClients() throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      assertThat(ours(new TextSeriesWriter(family, false)))
          .isEqualTo(clients(family, PrometheusTextFormatWriter.create()));
    }
  }

  @Test
  void openMetricsIsTheClientsUpToTheEnd() throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      byte[] expected = clients(family, OpenMetricsTextFormatWriter.create());
      assertThat(ours(new TextSeriesWriter(family, true)))
          .isEqualTo(Arrays.copyOf(expected, expected.length - "# EOF\n".length()));
    }
  }

  @Test
  void protobufIsTheClients() throws IOException {
    for (ConnectionFamily family : ConnectionFamily.values()) {
      assertThat(ours(new ProtobufSeriesWriter(family)))
          .isEqualTo(clients(family, new PrometheusProtobufWriter()));
    }
  }
}
