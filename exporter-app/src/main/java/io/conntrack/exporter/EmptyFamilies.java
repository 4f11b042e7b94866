package io.conntrack.exporter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes the families that have no series, which the Prometheus client's writers leave out. With no
 * connection at all the four gauges are such; they are still there, so that nobody has to ask
 * whether a scrape was whole.
 *
 * <p>Formats let families come in any order, so these go before what the client writes.
 */
final class EmptyFamilies {
  /** Fields of the message io.prometheus.client.MetricFamily, and its type for gauges. */
  private static final int NAME_FIELD = 1;

  private static final int HELP_FIELD = 2;
  private static final int TYPE_FIELD = 3;
  private static final int GAUGE = 1;

  /** Wire types of protobuf: the low three bits of a field's tag. */
  private static final int VARINT = 0;

  private static final int LENGTH_DELIMITED = 2;

  private EmptyFamilies() {}

  /** Writes them in the format of the writer that will write the others. */
  static void write(MetricSnapshots families, ExpositionFormatWriter writer, OutputStream out)
      throws IOException {
    for (MetricSnapshot family : families) {
      if (family.getDataPoints().isEmpty()) {
        assert family instanceof GaugeSnapshot : family.getMetadata().getName();
        byte[] bytes =
            writer instanceof PrometheusProtobufWriter
                ? protobuf(family.getMetadata())
                : text(family.getMetadata());
        out.write(bytes);
      }
    }
  }

  /** The same in the text format and in OpenMetrics. The helps have nothing to escape. */
  private static byte[] text(MetricMetadata family) {
    String name = family.getPrometheusName();
    String text = "# HELP " + name + " " + family.getHelp() + "\n# TYPE " + name + " gauge\n";
    return text.getBytes(UTF_8);
  }

  /** A MetricFamily without a metric, after its length, as all are in this format. */
  private static byte[] protobuf(MetricMetadata family) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    writeString(NAME_FIELD, family.getPrometheusName(), message);
    writeString(HELP_FIELD, family.getHelp(), message);
    writeVarint((TYPE_FIELD << 3) | VARINT, message);
    writeVarint(GAUGE, message);
    ByteArrayOutputStream delimited = new ByteArrayOutputStream();
    writeVarint(message.size(), delimited);
    delimited.writeBytes(message.toByteArray());
    return delimited.toByteArray();
  }

  private static void writeString(int field, String value, ByteArrayOutputStream out) {
    byte[] bytes = value.getBytes(UTF_8);
    writeVarint((field << 3) | LENGTH_DELIMITED, out);
    writeVarint(bytes.length, out);
    out.writeBytes(bytes);
  }

  /** Seven bits a byte, the lowest first; the high bit says that more follow. */
  private static void writeVarint(int value, ByteArrayOutputStream out) {
    int rest = value;
    while (rest > 0x7f) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }
}
