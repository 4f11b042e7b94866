package io.conntrack.exporter.exposition;

import io.conntrack.exporter.format.Document;
import io.conntrack.exporter.format.EndpointFamilies;
import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.format.MemoryBody;
import io.conntrack.exporter.format.SeriesFormat;
import io.conntrack.exporter.format.SeriesWriter;
import io.conntrack.exporter.format.WrittenFamilies;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.terms.BuildInfo;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Writes an observation in one of the formats that Prometheus reads. Any thread may call.
 *
 * <p>One registry of the Prometheus client knows every family. The client chooses the format and
 * writes all families but those of the endpoints, because it would make several objects for each of
 * their series. {@link SeriesWriter}s write the same bytes in a small part of the time and memory.
 * They also show a family without series, which the client leaves out.
 */
public final class Exposition {
  private static final Set<String> STREAMED =
      EndpointFamilies.names().collect(Collectors.toUnmodifiableSet());

  // Our own properties: the client would read its own from files and variables that we do not know.
  private final PrometheusProperties properties = PrometheusProperties.builder().build();
  private final ExpositionFormats formats = ExpositionFormats.init(properties);

  /** Never the default one, which any library may add to. */
  private final PrometheusRegistry registry;

  /** Guarded by this. */
  private final ObservedFamilies families;

  private final FamilyOptions options;

  /** Of a program that serves nobody, and so has no scrapes to count. */
  public Exposition(BuildInfo build, FamilyOptions options) {
    this(build, options, new PrometheusRegistry());
  }

  /** Of a registry that the caller looks into. */
  Exposition(BuildInfo build, FamilyOptions options, PrometheusRegistry registry) {
    this.options = options;
    this.registry = registry;
    families = new ObservedFamilies(registry, properties, options.netns());
    ExporterFamilies.register(families);
    KernelTableFamilies.register(families, options.perCpu());
    CensusFamilies.register(families, options.zones());
    RulesFamilies.register(families);
    WebFamilies.register(families, options.web());
    NamespaceFamilies.register(families);
    NamesFamilies.register(families, options.names());
    registry.register(new EndpointFamilies(() -> rows(families.observation())));
    register(build);
    if (options.process()) {
      ProcessFamilies.register(registry, properties);
    }
  }

  /** Of a program that shows what becomes of its scrapes, too. */
  public Exposition(BuildInfo build, FamilyOptions options, Scrapes scrapes) {
    this(build, options);
    ScrapeFamilies.register(families, scrapes);
  }

  private void register(BuildInfo build) {
    Info.builder(properties)
        .name("conntrack_exporter_build_info")
        .help("Which build of the exporter this is, and the Java that runs it.")
        .labelNames("version", "branch", "revision", "tags", "java", "os", "arch")
        .register(registry)
        .setLabelValues(
            build.version(),
            build.branch(),
            build.revision(),
            build.tags(),
            build.java(),
            build.os(),
            build.arch());
  }

  /** The type of what {@link #document} gives for the same header. */
  public String contentType(String accept) {
    return formats.findWriter(accept).getContentType();
  }

  /** What the families of the endpoints show of an observation. */
  public EndpointRows rows(Observation observation) {
    Names names = options.names();
    return EndpointRows.of(
        observation,
        families.hasNetns(),
        names.isEmpty() ? Optional.empty() : Optional.of(names::ofLabel));
  }

  /** Writes the whole document; see {@link #document}. */
  public void write(Observation observation, String accept, OutputStream out) throws IOException {
    document(observation, () -> rows(observation), accept, FamilyFilter.ALL).writeTo(out);
  }

  /**
   * Makes the document of the families that are asked for.
   *
   * @param rows the observation's rows; not called if no family needs them
   * @param accept what the client takes, as in the HTTP header; the text format if empty
   */
  public Document document(
      Observation observation, Supplier<EndpointRows> rows, String accept, FamilyFilter asked) {
    EndpointRows endpoints = STREAMED.stream().anyMatch(asked) ? rows.get() : EndpointRows.NONE;
    ExpositionFormatWriter client = formats.findWriter(accept);
    EscapingScheme escaping = EscapingScheme.fromAcceptHeader(accept);
    byte[] end = end(client, escaping);
    NavigableMap<String, SeriesWriter> parts =
        SeriesFormat.of(client, options.created()).writers(endpoints, options.histograms(), asked);
    runs(observation, asked, parts)
        .forEach((before, families) -> {
          MemoryBody run = written(client, escaping, families);
          // A blank sorts before every character of a name, so the run comes right behind the
          // family.
          parts.put(before + " ", new WrittenFamilies(run, run.sizeBytes() - end.length));
        });
    return new Document(List.copyOf(parts.values()), endpoints, end);
  }

  /** The families that are not streamed, by the streamed one that comes before them. */
  private Map<String, List<MetricSnapshot>> runs(
      Observation observation, FamilyFilter asked, NavigableMap<String, SeriesWriter> streamed) {
    return scrape(observation, asked.and(name -> !STREAMED.contains(name))).stream()
        .collect(
            Collectors.groupingBy(family -> {
              String before = streamed.lowerKey(family.getMetadata().getPrometheusName());
              return before == null ? "" : before;
            }));
  }

  /** What the registry shows of an observation: the families whose names pass. */
  synchronized MetricSnapshots scrape(Observation observation, Predicate<String> names) {
    families.observe(observation);
    try {
      return registry.scrape(names);
    } finally {
      families.observe(null);
    }
  }

  /** What ends a document. */
  private static byte[] end(ExpositionFormatWriter client, EscapingScheme escaping) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(client, escaping, List.of(), out);
    return out.toByteArray();
  }

  /** What the client writes of these, with what ends a document. */
  private static MemoryBody written(
      ExpositionFormatWriter client, EscapingScheme escaping, List<MetricSnapshot> families) {
    MemoryBody text = new MemoryBody();
    write(client, escaping, families, text);
    return text;
  }

  private static void write(
      ExpositionFormatWriter client,
      EscapingScheme escaping,
      List<MetricSnapshot> families,
      OutputStream out) {
    try {
      client.write(out, new MetricSnapshots(families), escaping);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }
}
