package io.conntrack.exporter.exposition;

import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.terms.BuildInfo;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusProtobufWriter;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes an observation in one of the formats that Prometheus reads. Any thread may call.
 *
 * <p>The Prometheus client chooses the format and writes the families of the exporter itself and of
 * the kernel's table. Those of the connections have a series for each endpoint, for which it makes
 * several objects; writers of our own give the same bytes in a small part of the time and memory,
 * and show a family without series too, which the client leaves out.
 */
public final class Exposition {
  /** The exporter's own families come between these two of the connections, by their names. */
  private static final ConnectionFamily LAST_BEFORE_OWN = ConnectionFamily.OPENED;

  private static final ConnectionFamily FIRST_AFTER_OWN = ConnectionFamily.OPEN;

  private static final ConnectionFamily LAST = ConnectionFamily.SENT_PACKETS;

  private final BuildInfo build;

  // Properties of our own, since the client's would come from files and variables of its choice.
  private final ExpositionFormats formats =
      ExpositionFormats.init(PrometheusProperties.builder().build());

  public Exposition(BuildInfo build) {
    this.build = build;
  }

  /** The type of what {@link #document} gives for the same header. */
  public String contentType(String accept) {
    return formats.findWriter(accept).getContentType();
  }

  /** Writes the whole document; see {@link #document}. */
  public void write(Observation observation, String accept, OutputStream out) throws IOException {
    document(observation, EndpointRows.of(observation), accept).writeTo(out);
  }

  /**
   * The whole document.
   *
   * @param rows those of the observation
   * @param accept what the client takes, as in the HTTP header; the text format if empty
   */
  public Document document(Observation observation, EndpointRows rows, String accept) {
    ExpositionFormatWriter client = formats.findWriter(accept);
    EscapingScheme escaping = EscapingScheme.fromAcceptHeader(accept);
    MultiCollector exporter =
        NamespaceCollector.of(observation, each -> new ExporterCollector(build, each));
    MultiCollector kernel =
        NamespaceCollector.of(observation, each -> new KernelTableCollector(each.table()));
    byte[] own =
        bytes(
            client,
            escaping,
            exporter,
            new RulesCollector(observation),
            new NamespaceCountsCollector(observation));
    byte[] last = bytes(client, escaping, kernel);
    return document(format(client), rows, own, last);
  }

  private static SeriesFormat format(ExpositionFormatWriter client) {
    return switch (client) {
      case PrometheusProtobufWriter protobuf -> SeriesFormat.PROTOBUF;
      case OpenMetricsTextFormatWriter openMetrics -> SeriesFormat.OPENMETRICS;
      default -> SeriesFormat.TEXT;
    };
  }

  /** What ends a document comes only once, behind all. */
  private static Document document(
      SeriesFormat format, EndpointRows rows, byte[] own, byte[] last) {
    List<SeriesWriter> before =
        writers(EnumSet.range(ConnectionFamily.CLOSED, LAST_BEFORE_OWN), format, rows);
    List<SeriesWriter> after = writers(EnumSet.range(FIRST_AFTER_OWN, LAST), format, rows);
    if (rows.hasHistograms()) {
      before.add(format.writer(HistogramFamily.DURATION, rows.labelNames()));
      after.add(format.writer(HistogramFamily.SETUP, rows.labelNames()));
    }
    byte[] withoutEnd = Arrays.copyOf(own, own.length - format.endBytes);
    return new Document(before, rows, withoutEnd, after, last);
  }

  private static List<SeriesWriter> writers(
      Set<ConnectionFamily> families, SeriesFormat format, EndpointRows rows) {
    return families.stream()
        .filter(rows::shows)
        .map(family -> format.writer(family, rows.labelNames()))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /** A registry for each observation, so that all shows the same instant. */
  private static byte[] bytes(
      ExpositionFormatWriter client, EscapingScheme escaping, MultiCollector... collectors) {
    PrometheusRegistry registry = new PrometheusRegistry();
    for (MultiCollector collector : collectors) {
      registry.register(collector);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      client.write(out, registry.scrape(), escaping);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }
}
