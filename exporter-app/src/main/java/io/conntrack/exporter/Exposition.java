package io.conntrack.exporter;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;

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
   * Writes the whole document.
   *
   * @param accept what the client takes, as in the HTTP header; the text format if empty
   */
  void write(Observation observation, String accept, OutputStream out) throws IOException {
    ExpositionFormatWriter writer = formats.findWriter(accept);
    MetricSnapshots families = families(observation);
    EmptyFamilies.write(families, writer, out);
    writer.write(out, families, EscapingScheme.fromAcceptHeader(accept));
  }

  /** A registry for each observation, so that both collectors show the same instant. */
  private MetricSnapshots families(Observation observation) {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(new ConnectionCollector(observation.connections()));
    registry.register(new ExporterCollector(build, observation));
    return registry.scrape();
  }
}
