package io.conntrack.exporter;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes an observation in one of the formats that Prometheus reads. Any thread may call. */
final class Exposition {
  private final BuildInfo build;

  // Properties of our own, since the client's would come from files and variables of its choice.
  private final ExpositionFormats formats =
      ExpositionFormats.init(PrometheusProperties.builder().build());

  Exposition(BuildInfo build) {
    this.build = build;
  }

  /** The type of what {@link #write} gives for the same header. */
  String contentType(String accept) {
    return formats.findWriter(accept).getContentType();
  }

  /**
   * Writes the whole document in memory.
   *
   * @param accept what the client takes, as in the HTTP header; the text format if empty
   */
  byte[] write(Observation observation, String accept) {
    ExpositionFormatWriter writer = formats.findWriter(accept);
    MetricSnapshots families = families(observation);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      EmptyFamilies.write(families, writer, body);
      writer.write(body, families, EscapingScheme.fromAcceptHeader(accept));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return body.toByteArray();
  }

  /** A registry for each observation, so that both collectors show the same instant. */
  private MetricSnapshots families(Observation observation) {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(new ConnectionCollector(observation.connections()));
    registry.register(new ExporterCollector(build, observation));
    return registry.scrape();
  }
}
