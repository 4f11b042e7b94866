package io.conntrack.exporter.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.Histograms;
import io.conntrack.aggregator.state.PackedCounts;
import io.conntrack.aggregator.state.Timing;
import io.conntrack.exporter.terms.HistogramForm;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final int BEGUN_S = 1_780_000_000;

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
    int[] begun = new int[FILLED.length];
    Arrays.fill(begun, BEGUN_S);
    EndpointRows rows =
        new EndpointRows(
            LABEL_NAMES,
            values.toString().getBytes(US_ASCII),
            ends,
            begun,
            counts,
            false,
            false,
            Map.of(timing, histograms),
            null,
            Map.of());
    Document document = new Document(List.of(writer), rows, new byte[0]);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    document.writeTo(out);
    assertThat(document.sizeBytes()).isEqualTo(out.size());
    return out.toByteArray();
  }

  /**
   * The client tells since when a counter counts, but not a histogram. So that is taken out here,
   * and looked at.
   */
  private static byte[] oursWithoutTimes(
      HistogramFamily family, HistogramForm form, Histograms histograms) throws IOException {
    ByteBuffer ours =
        ByteBuffer.wrap(
                ours(
                    new ProtobufHistogramWriter(family, form, LABEL_NAMES),
                    histograms,
                    family.timing))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(varint(ours)).isEqualTo(ours.remaining());
    byte[] without = withoutTimes(ours, 4, 7);
    ByteBuffer out = ByteBuffer.allocate(without.length + 10);
    Protobuf.putVarint(without.length, out);
    out.put(without);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** Goes down the path of fields that are messages, and leaves out the field 15 at its end. */
  private static byte[] withoutTimes(ByteBuffer in, int... path) {
    ByteBuffer out = ByteBuffer.allocate(in.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      if (tag % 8 == Protobuf.VARINT) {
        Protobuf.putVarint(tag >> 3, varint(in), out);
      } else if (tag % 8 == Protobuf.FIXED_64) {
        Protobuf.putDouble(tag >> 3, in.getDouble(), out);
      } else {
        int length = (int) varint(in);
        ByteBuffer message = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        if (path.length == 0 && tag >> 3 == 15) {
          assertThat(varint(message)).isEqualTo(1 << 3 | Protobuf.VARINT);
          assertThat(varint(message)).isEqualTo(BEGUN_S);
        } else {
          boolean down = path.length > 0 && tag >> 3 == path[0];
          byte[] rest = new byte[message.remaining()];
          if (down) {
            rest = withoutTimes(message, Arrays.copyOfRange(path, 1, path.length));
          } else {
            message.get(rest);
          }
          Protobuf.putDelimited(tag >> 3, rest.length, out);
          out.put(rest);
        }
      }
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static long varint(ByteBuffer in) {
    long number = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      number |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return number;
      }
    }
  }

  private static byte[] clients(
      HistogramFamily family, Histograms histograms, ExpositionFormatWriter writer)
      throws IOException {
    return clients(family, histograms, HistogramForm.NATIVE, writer);
  }

  private static byte[] clients(
      HistogramFamily family,
      Histograms histograms,
      HistogramForm form,
      ExpositionFormatWriter writer)
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
      Labels labels = Labels.of("host", value(row), "service", value(row));
      ClassicHistogramBuckets classic =
          form.isClassic() ? classic(family, histograms, row) : ClassicHistogramBuckets.EMPTY;
      points.add(
          form.isNative()
              ? new HistogramDataPointSnapshot(
                  classic,
                  timing.schema,
                  zeroes[0],
                  timing.zeroThreshold(),
                  buckets.build(),
                  NativeHistogramBuckets.EMPTY,
                  histograms.sum(row),
                  labels,
                  Exemplars.EMPTY,
                  BEGUN_S * 1000L)
              : new HistogramDataPointSnapshot(
                  classic, histograms.sum(row), labels, Exemplars.EMPTY, BEGUN_S * 1000L));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    HistogramSnapshot snapshot =
        new HistogramSnapshot(new MetricMetadata(family.name, family.help), points);
    writer.write(out, MetricSnapshots.of(snapshot), EscapingScheme.UNDERSCORE_ESCAPING);
    return out.toByteArray();
  }

  private static ClassicHistogramBuckets classic(
      HistogramFamily family, Histograms histograms, int row) {
    ClassicHistogramBuckets.Builder classic = ClassicHistogramBuckets.builder();
    long before = 0;
    long[] cumulative = family.cumulative(histograms, row);
    for (int i = 0; i < cumulative.length; i++) {
      classic.bucket(family.classicBound(i), cumulative[i] - before);
      before = cumulative[i];
    }
    return classic.bucket(Double.POSITIVE_INFINITY, histograms.count(row) - before).build();
  }

  @ParameterizedTest
  @EnumSource
  void protobufIsTheClients(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);

    assertThat(oursWithoutTimes(family, HistogramForm.NATIVE, histograms))
        .isEqualTo(clients(family, histograms, new PrometheusProtobufWriter()));
  }

  @ParameterizedTest
  @EnumSource
  void theTextFormatIsTheClients(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);

    assertThat(
            ours(
                new TextHistogramWriter(family, HistogramForm.NATIVE, LABEL_NAMES, false, false),
                histograms,
                family.timing))
        .asString(US_ASCII)
        .isEqualTo(
            new String(clients(family, histograms, PrometheusTextFormatWriter.create()), US_ASCII));
  }

  @ParameterizedTest
  @EnumSource
  void openMetricsIsTheClientsUpToTheEnd(HistogramFamily family) throws IOException {
    openMetricsIsTheClients(family, false);
    openMetricsIsTheClients(family, true);
  }

  private void openMetricsIsTheClients(HistogramFamily family, boolean created) throws IOException {
    Histograms histograms = histograms(family.timing);
    byte[] expected =
        clients(
            family,
            histograms,
            OpenMetricsTextFormatWriter.builder().setCreatedTimestampsEnabled(created).build());

    assertThat(
            ours(
                new TextHistogramWriter(family, HistogramForm.NATIVE, LABEL_NAMES, true, created),
                histograms,
                family.timing))
        .asString(US_ASCII)
        .isEqualTo(
            new String(Arrays.copyOf(expected, expected.length - "# EOF\n".length()), US_ASCII));
  }

  /** Each family by itself, and by an independent count of times. */
  @ParameterizedTest
  @EnumSource
  void classicBucketsCountWhatIsNoLonger(HistogramFamily family) throws IOException {
    Histograms histograms = new Histograms(FILLED.length);
    double[] seconds = {0.0005, 0.0009765625, 0.1, 0.125, 1, 3, 20, 40, 4_000, 200_000};
    for (int row = 0; row < FILLED.length; row++) {
      long[] columns = new long[family.timing.columns];
      for (double each : seconds) {
        columns[family.timing.column(each)]++;
      }
      for (int column = 0; column < columns.length; column++) {
        histograms.add(column, columns[column]);
      }
      histograms.endRow(1);
    }
    String text =
        new String(
            ours(
                new TextHistogramWriter(family, HistogramForm.CLASSIC, LABEL_NAMES, false, false),
                histograms,
                family.timing),
            US_ASCII);
    Matcher bucket = Pattern.compile("_bucket.*le=\"([^\"]*)\".*} (\\d+)\n").matcher(text);
    int buckets = 0;
    while (bucket.find()) {
      double le =
          bucket.group(1).equals("+Inf") ? Double.MAX_VALUE : Double.parseDouble(bucket.group(1));
      assertThat(bucket.group(2))
          .as("up to %s s", le)
          .isEqualTo("" + Arrays.stream(seconds).filter(each -> each <= le).count());
      buckets++;
    }
    assertThat(buckets).isEqualTo(FILLED.length * (family.classicBuckets() + 1));
    assertThat(text).contains("le=\"0.125\"", "le=\"16.0\"").doesNotContain("E-");
  }

  @ParameterizedTest
  @EnumSource
  void protobufWithClassicBucketsIsTheClients(HistogramFamily family) throws IOException {
    Histograms histograms = histograms(family.timing);
    for (HistogramForm form : List.of(HistogramForm.CLASSIC, HistogramForm.BOTH)) {
      assertThat(oursWithoutTimes(family, form, histograms))
          .isEqualTo(clients(family, histograms, form, new PrometheusProtobufWriter()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTextFormatWithClassicBucketsIsTheClientsButForExponents(HistogramFamily family)
      throws IOException {
    Histograms histograms = histograms(family.timing);
    String expected =
        new String(
            clients(family, histograms, HistogramForm.BOTH, PrometheusTextFormatWriter.create()),
            US_ASCII);
    assertThat(
            ours(
                new TextHistogramWriter(family, HistogramForm.BOTH, LABEL_NAMES, false, false),
                histograms,
                family.timing))
        .asString(US_ASCII)
        .isEqualTo(expected.replace("9.765625E-4", "0.0009765625"));
  }
}
