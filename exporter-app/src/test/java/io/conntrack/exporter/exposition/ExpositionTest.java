package io.conntrack.exporter.exposition;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.aggregator.state.TableState;
import io.conntrack.exporter.format.Document;
import io.conntrack.exporter.format.EndpointRows;
import io.conntrack.exporter.names.Names;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.NameSource;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpositionTest {
  private static final String OPENMETRICS = "application/openmetrics-text;version=1.0.0";
  private static final String PROTOBUF =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

  /** As Prometheus asks, by default. */
  private static final String PROMETHEUS_2 =
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

  private static final String PROMETHEUS_3 =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
          + "application/openmetrics-text;version=0.0.1;q=0.4,"
          + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
          + "*/*;q=0.1";

  private static final Set<String> GAUGES =
      Set.of(
          "conntrack_opening_connections",
          "conntrack_open_connections",
          "conntrack_closing_connections",
          "conntrack_closed_connections",
          "conntrack_exporter_flows",
          "conntrack_exporter_flows_untracked",
          "conntrack_exporter_in_sync",
          "conntrack_exporter_last_resync_age_seconds",
          "conntrack_exporter_endpoints",
          "conntrack_exporter_endpoints_limit",
          "conntrack_exporter_last_resync_timestamp_seconds",
          "conntrack_exporter_last_resync_duration_seconds",
          "conntrack_exporter_last_resync_flows",
          "conntrack_exporter_receive_buffer_bytes",
          "conntrack_table_entries",
          "conntrack_table_limit");
  private static final Set<String> COUNTERS =
      Set.of(
          "conntrack_connections_ended_total",
          "conntrack_connections_failed_total",
          "conntrack_connections_opened_total",
          "conntrack_exporter_doubtful_removals_total",
          "conntrack_exporter_endpoints_moved_total",
          "conntrack_exporter_events_total",
          "conntrack_exporter_undecodable_messages_total",
          "conntrack_exporter_zeroed_flows_total",
          "conntrack_exporter_overruns_total",
          "conntrack_exporter_own_log_dropped_total",
          "conntrack_exporter_events_lost_total",
          "conntrack_exporter_log_dropped_total",
          "conntrack_exporter_reader_failures_total",
          "conntrack_exporter_resyncs_total",
          "conntrack_stat_chaintoolong_total",
          "conntrack_stat_clash_resolve_total",
          "conntrack_stat_drop_total",
          "conntrack_stat_early_drop_total",
          "conntrack_stat_error_total",
          "conntrack_stat_found_total",
          "conntrack_stat_insert_failed_total",
          "conntrack_stat_insert_total",
          "conntrack_stat_invalid_total",
          "conntrack_stat_search_restart_total");
  private static final String INFO = "conntrack_exporter_build_info";

  private static final BuildInfo BUILD =
      new BuildInfo("1.2.3", "main", "1a2b3c4", "deb", "25", "linux", "amd64");

  private static final FamilyOptions PER_CPU = new FamilyOptions(false, true, false);

  private static final FamilyOptions BY_ZONE =
      new FamilyOptions(
          false, false, true, false, false, HistogramForm.NATIVE, Names.none(), Optional::empty);

  private final Exposition exposition = new Exposition(BUILD, FamilyOptions.PLAIN);

  /** As the daemon has it that reads these namespaces. */
  private Exposition exposition(Observation observation) {
    return observation.others().isEmpty()
        ? exposition
        : new Exposition(BUILD, new FamilyOptions(true, false, false));
  }

  private byte[] write(Observation observation, String accept) {
    return write(exposition(observation), observation, accept);
  }

  private static byte[] write(Exposition exposition, Observation observation, String accept) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      exposition.write(observation, accept, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private String text(Observation observation) {
    return new String(write(observation, ""), UTF_8);
  }

  private static String text(FamilyOptions options, Observation observation) {
    return new String(write(new Exposition(BUILD, options), observation, ""), UTF_8);
  }

  private static byte[] client(String accept, MetricSnapshots families) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionFormats.init(PrometheusProperties.builder().build())
        .findWriter(accept)
        .write(out, families, EscapingScheme.fromAcceptHeader(accept));
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PROMETHEUS_2, PROMETHEUS_3, OPENMETRICS, PROTOBUF})
  void theDocumentIsWhatTheClientAloneWouldWriteOfTheRegistry(String accept) throws IOException {
    for (Observation observation :
        List.of(
            Observations.small(),
            Observations.large(3_000),
            Observations.withAllLabels(),
            Observations.withCensus(false),
            inBlue(Observations.withCensus(false)),
            inBlue(Observations.small()))) {
      MetricSnapshots registered = exposition(observation).scrape(observation, name -> true);
      assertThat(write(observation, accept)).isEqualTo(client(accept, registered));
    }
  }

  /** The client sorts by the reason first, which comes before the source: that is its own order. */
  @ParameterizedTest
  @ValueSource(strings = {"", PROMETHEUS_2, PROMETHEUS_3, OPENMETRICS, PROTOBUF})
  void ofSourcesTheDocumentIsTheSameInAnotherOrder(String accept) throws IOException {
    for (Observation observation :
        List.of(
            Observations.withSources(),
            Observations.withSourcesAndLabels(),
            Observations.withSources().with(blue(Observations.withSources())))) {
      byte[] written = write(observation, accept);
      byte[] registered = client(accept, exposition(observation).scrape(observation, name -> true));
      if (accept.equals(PROTOBUF)) {
        assertThat(sortedFields(written)).isEqualTo(sortedFields(registered));
      } else {
        assertThat(new String(written, UTF_8).lines().sorted())
            .containsExactlyElementsOf(new String(registered, UTF_8).lines().sorted().toList());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PROMETHEUS_2, PROMETHEUS_3, OPENMETRICS, PROTOBUF})
  void namesAreWrittenAsTheClientWritesThem(String accept, @TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(folder.resolve("names"), "10.0.0.0/8 own\n0.0.0.0/0 others\n::/0 six\n");
    try (Names names = Names.open(List.of(new NameSource(file, false)))) {
      Observation several = Observations.small().with(blue(Observations.large(20)));
      for (Observation observation :
          List.of(Observations.small(), Observations.withAllLabels(), several)) {
        Exposition named = new Exposition(BUILD, named(names, !observation.others().isEmpty()));
        MetricSnapshots registered = named.scrape(observation, name -> true);
        assertThat(write(named, observation, accept))
            .isEqualTo(client(accept, registered))
            .asString(ISO_8859_1)
            .contains("conntrack_endpoint_info");
      }
      Observation sources = Observations.withSources();
      Exposition named = new Exposition(BUILD, named(names, false));
      Set<String> families = Set.of("conntrack_source", "conntrack_endpoint");
      assertThat(named(named, accept, sources, "conntrack_source_info", "conntrack_endpoint_info"))
          .isEqualTo(client(accept, named.scrape(sources, families::contains)));
    }
  }

  private static FamilyOptions named(Names names, boolean netns) {
    return new FamilyOptions(
        netns, false, false, false, false, HistogramForm.NATIVE, names, Optional::empty);
  }

  /** Of each message of the stream its fields, as text. */
  private static List<List<String>> sortedFields(byte[] stream) {
    List<List<String>> families = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(stream);
    while (in.hasRemaining()) {
      int end = varint(in);
      end += in.position();
      List<String> fields = new ArrayList<>();
      while (in.position() < end) {
        int tag = varint(in);
        byte[] value = new byte[(tag & 7) == 2 ? varint(in) : 1];
        in.get(value);
        fields.add(tag + " " + new String(value, ISO_8859_1));
      }
      fields.sort(null);
      families.add(fields);
    }
    return families;
  }

  @Test
  void theRegistryHasTheConnectionsOfTheSnapshot() throws IOException {
    for (Observation observation :
        List.of(Observations.small(), Observations.withAllLabels(), Observations.large(100))) {
      MetricSnapshots counted = new ConnectionCollector(observation.connections()).collect();
      Set<String> names =
          counted.stream()
              .map(family -> family.getMetadata().getPrometheusName())
              .collect(Collectors.toSet());
      assertThat(client("", exposition.scrape(observation, names::contains)))
          .isEqualTo(client("", counted));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PROMETHEUS_2, PROMETHEUS_3, OPENMETRICS, PROTOBUF})
  void aScrapeThatNamesFamiliesGetsTheseAlone(String accept) throws IOException {
    Observation observation = Observations.small();
    MetricSnapshots named =
        exposition.scrape(
            observation,
            Set.of(
                    "conntrack_open_connections",
                    "conntrack_connections_failed",
                    "conntrack_exporter_build",
                    "conntrack_exporter_in_sync")
                ::contains);
    assertThat(
            named(
                accept,
                observation,
                "conntrack_open_connections",
                "conntrack_connections_failed_total",
                "conntrack_exporter_build_info",
                "conntrack_exporter_in_sync",
                "no_such_family",
                ""))
        .isEqualTo(client(accept, named));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", OPENMETRICS, PROTOBUF})
  void aScrapeThatNamesNoFamilyThatThereIsGetsAnEmptyDocument(String accept) throws IOException {
    assertThat(named(accept, Observations.small(), "no_such_family"))
        .isEqualTo(client(accept, MetricSnapshots.of()));
  }

  @Test
  void endpointsAreNotLaidOutForAScrapeThatNamesOtherFamilies() {
    Document document =
        exposition.document(
            Observations.small(),
            () -> {
              throw new AssertionError("rows were asked for");
            },
            "",
            FamilyFilter.of(List.of("conntrack_exporter_in_sync")));
    assertThat(document.sizeBytes()).isPositive();
  }

  private byte[] named(String accept, Observation observation, String... names) throws IOException {
    return named(exposition, accept, observation, names);
  }

  private static byte[] named(
      Exposition exposition, String accept, Observation observation, String... names)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    exposition
        .document(
            observation,
            () -> exposition.rows(observation),
            accept,
            FamilyFilter.of(List.of(names)))
        .writeTo(out);
    return out.toByteArray();
  }

  @Test
  void theProcessAndItsJvmAreShownIfAskedFor() {
    String text = text(new FamilyOptions(false, false, true), Observations.small());
    assertThat(text)
        .contains(
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_start_time_seconds ",
            "jvm_memory_used_bytes{area=\"heap\"} ",
            "jvm_gc_collection_seconds_count{",
            "jvm_threads_current ");
    assertThat(text(Observations.small())).doesNotContain("process_", "jvm_");
  }

  /** As the client sees names: without the end that counters have in text. */
  @Test
  void theFamiliesAreInTheOrderOfTheirNames() {
    for (Observation observation :
        List.of(Observations.small(), Observations.withRules(), Observations.withSources())) {
      assertThat(linesOf(text(observation), "# TYPE"))
          .extracting(line -> line.split(" ", -1)[2].replaceFirst("_total$", ""))
          .isSorted()
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void theKernelsCountersAreSummedOverCpus() {
    assertThat(linesOf(text(Observations.small()), "conntrack_stat_"))
        .containsExactly(
            "conntrack_stat_chaintoolong_total 112.0",
            "conntrack_stat_clash_resolve_total 113.0",
            "conntrack_stat_drop_total 208.0",
            "conntrack_stat_early_drop_total 110.0",
            "conntrack_stat_error_total 105.0",
            "conntrack_stat_found_total 105.0",
            "conntrack_stat_insert_total 106.0",
            "conntrack_stat_insert_failed_total 226.0",
            "conntrack_stat_invalid_total 107.0",
            "conntrack_stat_search_restart_total 114.0");
    assertThat(linesOf(text(Observations.small()), "conntrack_table_"))
        .containsExactly("conntrack_table_entries 812.0", "conntrack_table_limit 262144.0");
  }

  @Test
  void theFlowsOfADumpAreShownByStateAndFlagFromZeroOn() {
    String text = text(Observations.withCensus(false));
    assertThat(linesOf(text, "conntrack_table_flows{"))
        .hasSize(TableState.COUNT)
        .contains(
            "conntrack_table_flows{protocol=\"gre\",state=\"unreplied\"} 1.0",
            "conntrack_table_flows{protocol=\"tcp\",state=\"established\"} 102.0",
            "conntrack_table_flows{protocol=\"tcp\",state=\"time_wait\"} 0.0",
            "conntrack_table_flows{protocol=\"udp\",state=\"unreplied\"} 2.0");
    assertThat(linesOf(text, "conntrack_table_flows_flagged{"))
        .containsExactly(
            "conntrack_table_flows_flagged{flag=\"assured\"} 102.0",
            "conntrack_table_flows_flagged{flag=\"dnat\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"dying\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"expected\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"helper\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"hw_offload\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"offload\"} 0.0",
            "conntrack_table_flows_flagged{flag=\"snat\"} 102.0",
            "conntrack_table_flows_flagged{flag=\"unreplied\"} 3.0");
    assertThat(linesOf(text, "conntrack_table_dump_age_seconds"))
        .containsExactly("conntrack_table_dump_age_seconds 1.5");
    assertThat(linesOf(text, "conntrack_unanswered_flows"))
        .containsExactly("conntrack_unanswered_flows{host=\"10.0.1.53:53\",protocol=\"udp\"} 2.0");
    assertThat(linesOf(text, "conntrack_local_ports_"))
        .containsExactly(
            "conntrack_local_ports_limit 28232.0",
            "conntrack_local_ports_used{host=\"10.0.1.5:3306\",kind=\"dialled\","
                + "local_address=\"10.0.0.1\",protocol=\"tcp\"} 102.0");
  }

  @Test
  void theFlowsOfADumpAreShownForEachZoneThatHasAny() {
    String text = text(BY_ZONE, Observations.withCensus(true));
    assertThat(linesOf(text, "conntrack_table_flows"))
        .containsExactlyInAnyOrder(
            "conntrack_table_flows{ct_zone=\"0\",protocol=\"gre\",state=\"unreplied\"} 1.0",
            "conntrack_table_flows{ct_zone=\"0\",protocol=\"udp\",state=\"unreplied\"} 2.0",
            "conntrack_table_flows{ct_zone=\"7\",protocol=\"tcp\",state=\"established\"} 102.0",
            "conntrack_table_flows_flagged{ct_zone=\"0\",flag=\"unreplied\"} 3.0",
            "conntrack_table_flows_flagged{ct_zone=\"7\",flag=\"assured\"} 102.0",
            "conntrack_table_flows_flagged{ct_zone=\"7\",flag=\"snat\"} 102.0");
    assertThat(linesOf(text, "conntrack_unanswered_flows")).hasSize(1);
  }

  @Test
  void theKernelsCountersCanBeShownForEachCpu() {
    String text = text(PER_CPU, Observations.small());
    assertThat(linesOf(text, "conntrack_stat_drop_total"))
        .containsExactly(
            "conntrack_stat_drop_total{cpu=\"0\"} 104.0",
            "conntrack_stat_drop_total{cpu=\"1\"} 104.0");
    assertThat(linesOf(text, "conntrack_stat_found_total"))
        .containsExactly("conntrack_stat_found_total{cpu=\"0\"} 105.0");
  }

  @Test
  void whatTheKernelDoesNotTellIsNoFamily() {
    assertThat(text(Observations.untold()))
        .contains("# TYPE conntrack_opening_connections ")
        .doesNotContain("conntrack_stat_", "conntrack_table_");
  }

  /** As the client itself writes them, like all families. */
  @ParameterizedTest
  @ValueSource(strings = {"", OPENMETRICS, PROTOBUF})
  void scrapesAreCountedFromZeroOn(String accept) throws IOException {
    Scrapes scrapes = new Scrapes(0);
    Exposition serving = new Exposition(BUILD, FamilyOptions.PLAIN, scrapes);
    assertThat(linesOf(scrapes(serving), "conntrack_exporter_"))
        .containsExactly(
            "conntrack_exporter_requests_rejected_total{reason=\"busy\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"max_requests\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"no_memory\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"no_thread\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"rate_limit\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"slow_clients\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"unauthorized\"} 0.0",
            "conntrack_exporter_requests_rejected_total{reason=\"wrong_passwords\"} 0.0",
            "conntrack_exporter_scrape_bytes_total 0.0",
            "conntrack_exporter_scrape_duration_seconds_count 0",
            "conntrack_exporter_scrape_duration_seconds_sum 0.0",
            "conntrack_exporter_scrapes_total{code=\"200\"} 0.0",
            "conntrack_exporter_scrapes_total{code=\"500\"} 0.0",
            "conntrack_exporter_scrapes_total{code=\"503\"} 0.0",
            "conntrack_exporter_scrapes_in_flight 0.0");
    assertThat(scrapes.begin()).isTrue();
    scrapes.end(200, 1_000, 250_000_000);
    scrapes.begin();
    scrapes.end(503, 20, 250_000_000);
    scrapes.begin();
    scrapes.reject(Scrapes.Rejection.BUSY);
    assertThat(linesOf(scrapes(serving), "conntrack_exporter_"))
        .filteredOn(line -> !line.endsWith(" 0.0"))
        .containsExactly(
            "conntrack_exporter_requests_rejected_total{reason=\"busy\"} 1.0",
            "conntrack_exporter_scrape_bytes_total 1020.0",
            "conntrack_exporter_scrape_duration_seconds_count 2",
            "conntrack_exporter_scrape_duration_seconds_sum 0.5",
            "conntrack_exporter_scrapes_total{code=\"200\"} 1.0",
            "conntrack_exporter_scrapes_total{code=\"503\"} 1.0",
            "conntrack_exporter_scrapes_in_flight 1.0");
    Observation observation = Observations.small();
    assertThat(write(serving, observation, accept))
        .isEqualTo(client(accept, serving.scrape(observation, name -> true)));
    assertThat(text(observation)).doesNotContain("conntrack_exporter_scrape");
  }

  private static String scrapes(Exposition exposition) {
    return linesOf(
            new String(write(exposition, Observations.small(), ""), UTF_8), "conntrack_exporter_")
        .stream()
        .filter(line -> line.matches(".*(scrape[s_]|rejected).*") && !line.contains("resyncs"))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void rulesAreToldOfWhereThereIsAFileOfThem() {
    assertThat(linesOf(text(Observations.withRules()), "conntrack_exporter_rules"))
        .containsExactly(
            "conntrack_exporter_rules 12.0",
            "conntrack_exporter_rules_last_reload_success 0.0",
            "conntrack_exporter_rules_last_reload_success_timestamp_seconds 1.767323045678E9",
            "conntrack_exporter_rules_reloads_total{result=\"failure\"} 1.0",
            "conntrack_exporter_rules_reloads_total{result=\"success\"} 3.0");
    assertThat(text(Observations.small())).doesNotContain("conntrack_exporter_rules");
  }

  @Test
  void whatNetnsLeadsToIsToldOfWhereItIsAskedFor() {
    assertThat(linesOf(text(inBlue(Observations.small())), "conntrack_exporter_network_namespaces"))
        .containsExactly(
            "conntrack_exporter_network_namespaces{state=\"missing\"} 2.0",
            "conntrack_exporter_network_namespaces{state=\"read\"} 1.0",
            "conntrack_exporter_network_namespaces{state=\"refused\"} 1.0");
    assertThat(text(Observations.small())).doesNotContain("network_namespaces");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", OPENMETRICS, PROTOBUF})
  void theSizeOfTheDocumentIsKnownBeforehand(String accept) {
    for (Observation observation :
        List.of(
            Observations.empty(),
            Observations.large(3_000),
            Observations.withAllLabels(),
            Observations.withSourcesAndLabels(),
            inBlue(Observations.small()))) {
      Exposition observing = exposition(observation);
      EndpointRows rows = observing.rows(observation);
      assertThat(observing.document(observation, () -> rows, accept, FamilyFilter.ALL).sizeBytes())
          .isEqualTo(write(observation, accept).length);
    }
  }

  @Test
  void anEndpointShowsAllFourStatesZerosIncluded() {
    assertThat(text(Observations.small()))
        .contains(
            """
            # HELP conntrack_closed_connections How many connections to the remote host have recently closed?
            # TYPE conntrack_closed_connections gauge
            conntrack_closed_connections{host="10.0.1.12:8080"} 1.0
            conntrack_closed_connections{host="10.0.1.5:3306"} 0.0
            # HELP conntrack_closing_connections How many connections to the remote host are currently closing?
            # TYPE conntrack_closing_connections gauge
            conntrack_closing_connections{host="10.0.1.12:8080"} 0.0
            conntrack_closing_connections{host="10.0.1.5:3306"} 1.0
            """)
        .contains(
            """
            # HELP conntrack_open_connections How many open connections are there to the remote host?
            # TYPE conntrack_open_connections gauge
            conntrack_open_connections{host="10.0.1.12:8080"} 0.0
            conntrack_open_connections{host="10.0.1.5:3306"} 2.0
            # HELP conntrack_opening_connections How many connections to the remote host are currently opening?
            # TYPE conntrack_opening_connections gauge
            conntrack_opening_connections{host="10.0.1.12:8080"} 1.0
            conntrack_opening_connections{host="10.0.1.5:3306"} 0.0
            """);
  }

  private static Observation inBlue(Observation observation) {
    return Observations.withOthers(blue(observation));
  }

  private static SortedMap<String, Observation> blue(Observation observation) {
    return new TreeMap<>(Map.of("blue", observation));
  }

  @Test
  void sourcesAreShownIfTheyAreCounted() {
    assertThat(text(Observations.small())).doesNotContain("_source");
    assertThat(linesOf(text(Observations.withSources()), "conntrack_source_"))
        .filteredOn(line -> !line.endsWith(" 0.0"))
        .containsExactly(
            "conntrack_source_connections{source=\"10.0.1.12\",state=\"closing\"} 1.0",
            "conntrack_source_connections{source=\"other\",state=\"open\"} 1.0",
            "conntrack_source_connections{source=\"self\",state=\"open\"} 1.0",
            "conntrack_source_ended_total{reason=\"reset\",source=\"10.0.0.2\"} 1.0",
            "conntrack_source_ended_total{reason=\"closed\",source=\"10.0.1.12\"} 1.0",
            "conntrack_source_failed_total{reason=\"refused\",source=\"10.0.0.2\"} 1.0",
            "conntrack_source_opened_total{source=\"10.0.0.2\"} 1.0",
            "conntrack_source_opened_total{source=\"10.0.1.12\"} 1.0",
            "conntrack_source_opened_total{source=\"other\"} 1.0",
            "conntrack_source_opened_total{source=\"self\"} 1.0",
            "conntrack_source_received_bytes_total{source=\"10.0.0.2\"} 12000.0",
            "conntrack_source_received_packets_total{source=\"10.0.0.2\"} 9.0",
            "conntrack_source_sent_bytes_total{source=\"10.0.0.2\"} 600.0",
            "conntrack_source_sent_packets_total{source=\"10.0.0.2\"} 7.0");
    assertThat(linesOf(text(Observations.withSources()), "conntrack_exporter_sources"))
        .containsExactly("conntrack_exporter_sources 4.0");
  }

  @Test
  void sourcesHaveTheOtherLabelsOfEndpoints() {
    Observation observation =
        Observations.withSourcesAndLabels().with(blue(Observations.withSourcesAndLabels()));
    assertThat(linesOf(text(observation), "conntrack_source_opened_total{"))
        .contains(
            "conntrack_source_opened_total{ct_zone=\"0\",direction=\"forwarded\",netns=\"\",protocol=\"tcp\",source=\"10.0.0.2\"} 1.0",
            "conntrack_source_opened_total{ct_zone=\"\",direction=\"\",netns=\"blue\",protocol=\"\",source=\"other\"} 1.0");
  }

  @Test
  void aScrapeCanNameFamiliesOfSourcesAlone() throws IOException {
    String text =
        new String(named("", Observations.withSources(), "conntrack_source_opened_total"), UTF_8);
    assertThat(linesOf(text, "# TYPE"))
        .containsExactly("# TYPE conntrack_source_opened_total counter");
    assertThat(linesOf(text, "conntrack_source_opened_total{")).hasSize(4);
  }

  @Test
  void otherNamespacesHaveTheirNameAsALabelAndTheOwnOneAnEmptyOne() {
    Observation observation =
        Observations.small()
            .with(
                new TreeMap<>(Map.of("red", Observations.small(), "blue", Observations.untold())));
    String text = text(observation);
    assertThat(linesOf(text, "conntrack_open_connections{"))
        .containsExactly(
            "conntrack_open_connections{host=\"10.0.1.12:8080\",netns=\"\"} 0.0",
            "conntrack_open_connections{host=\"10.0.1.5:3306\",netns=\"\"} 2.0",
            "conntrack_open_connections{host=\"10.0.1.12:8080\",netns=\"red\"} 0.0",
            "conntrack_open_connections{host=\"10.0.1.5:3306\",netns=\"red\"} 2.0");
    assertThat(linesOf(text, "conntrack_exporter_overruns_total"))
        .containsExactly(
            "conntrack_exporter_overruns_total{netns=\"\"} 2.0",
            "conntrack_exporter_overruns_total{netns=\"blue\"} 2.0",
            "conntrack_exporter_overruns_total{netns=\"red\"} 2.0");
    assertThat(linesOf(text, "conntrack_table_limit"))
        .containsExactly(
            "conntrack_table_limit{netns=\"\"} 262144.0",
            "conntrack_table_limit{netns=\"red\"} 262144.0");
    assertThat(linesOf(text, "conntrack_exporter_build_info")).hasSize(1);
  }

  @Test
  void theOwnNamespacesSeriesAreTheSameWithAndWithoutOthers() {
    String alone = text(Observations.small());
    String beside =
        text(Observations.small().with(new TreeMap<>(Map.of("blue", Observations.empty()))));
    assertThat(
            beside
                .lines()
                .filter(line -> !line.contains("netns=\"blue\""))
                .map(line -> line.replaceAll("netns=\"\",|,?netns=\"\"", "").replace("{}", "")))
        .containsExactlyElementsOf(alone.lines().toList());
  }

  @Test
  void whatHasNoRoomOfItsOwnIsOneSeriesWhoseOtherLabelsAreEmpty() {
    assertThat(linesOf(text(Observations.withAllLabels()), "conntrack_open_connections{"))
        .containsExactly(
            "conntrack_open_connections{ct_zone=\"\",direction=\"\",host=\"other\",protocol=\"\",service=\"\"} 4.0",
            "conntrack_open_connections{ct_zone=\"0\",direction=\"forwarded\",host=\"10.0.1.9:443\",protocol=\"tcp\",service=\"10.0.1.9:443\"} 0.0",
            "conntrack_open_connections{ct_zone=\"0\",direction=\"inbound\",host=\"10.0.1.10:443\",protocol=\"tcp\",service=\"\"} 1.0",
            "conntrack_open_connections{ct_zone=\"0\",direction=\"inbound\",host=\"10.0.1.9:443\",protocol=\"tcp\",service=\"\"} 1.0",
            "conntrack_open_connections{ct_zone=\"0\",direction=\"outbound\",host=\"10.0.1.10:3306\",protocol=\"tcp\",service=\"10.0.1.10:3306\"} 1.0",
            "conntrack_open_connections{ct_zone=\"0\",direction=\"outbound\",host=\"10.0.1.9:3306\",protocol=\"tcp\",service=\"10.0.1.9:3306\"} 1.0");
  }

  @Test
  void tcpsOwnStatesAreShownIfAskedFor() {
    assertThat(text(Observations.small())).doesNotContain("conntrack_connections{");
    List<String> series = linesOf(text(Observations.withAllLabels()), "conntrack_connections{");
    assertThat(series).hasSize(6 * 9);
    assertThat(series.subList(0, 9))
        .allMatch(line -> line.contains("host=\"other\""))
        .map(line -> line.substring(line.indexOf("state=")))
        .containsExactly(
            "state=\"close\"} 3.0",
            "state=\"close_wait\"} 0.0",
            "state=\"established\"} 4.0",
            "state=\"fin_wait\"} 0.0",
            "state=\"last_ack\"} 0.0",
            "state=\"syn_recv\"} 0.0",
            "state=\"syn_sent\"} 0.0",
            "state=\"syn_sent2\"} 0.0",
            "state=\"time_wait\"} 0.0");
  }

  @Test
  void theExporterShowsItsOwnHealth() {
    assertThat(text(Observations.small()).lines().filter(line -> line.startsWith("conntrack_exp")))
        .containsExactlyInAnyOrder(
            "conntrack_exporter_build_info{arch=\"amd64\",branch=\"main\",java=\"25\","
                + "os=\"linux\",revision=\"1a2b3c4\",tags=\"deb\",version=\"1.2.3\"} 1",
            "conntrack_exporter_doubtful_removals_total{result=\"averted\"} 7.0",
            "conntrack_exporter_doubtful_removals_total{result=\"put_off\"} 8.0",
            "conntrack_exporter_endpoints 2.0",
            "conntrack_exporter_endpoints_limit 10000.0",
            "conntrack_exporter_endpoints_moved_total{to=\"other\"} 4.0",
            "conntrack_exporter_endpoints_moved_total{to=\"own\"} 9.0",
            "conntrack_exporter_events_lost_total 345.0",
            "conntrack_exporter_events_total{type=\"destroy\"} 1190.0",
            "conntrack_exporter_events_total{type=\"new\"} 1204.0",
            "conntrack_exporter_events_total{type=\"update\"} 4811.0",
            "conntrack_exporter_flows{kind=\"counted\"} 5.0",
            "conntrack_exporter_flows{kind=\"ignored\"} 0.0",
            "conntrack_exporter_flows{kind=\"stateless\"} 1.0",
            "conntrack_exporter_flows_untracked 0.0",
            "conntrack_exporter_log_dropped_total 6.0",
            "conntrack_exporter_in_sync 1.0",
            "conntrack_exporter_reader_failures_total 3.0",
            "conntrack_exporter_last_resync_age_seconds 7.5",
            "conntrack_exporter_last_resync_duration_seconds 0.0021",
            "conntrack_exporter_last_resync_flows{change=\"added\"} 4.0",
            "conntrack_exporter_last_resync_flows{change=\"changed\"} 5.0",
            "conntrack_exporter_last_resync_flows{change=\"removed\"} 6.0",
            "conntrack_exporter_last_resync_timestamp_seconds 1.767323045678E9",
            "conntrack_exporter_overruns_total 2.0",
            "conntrack_exporter_own_log_dropped_total 0.0",
            "conntrack_exporter_receive_buffer_bytes 1.34217728E8",
            "conntrack_exporter_resyncs_total{reason=\"addresses\"} 0.0",
            "conntrack_exporter_resyncs_total{reason=\"interval\"} 12.0",
            "conntrack_exporter_resyncs_total{reason=\"overrun\"} 0.0",
            "conntrack_exporter_resyncs_total{reason=\"retry\"} 0.0",
            "conntrack_exporter_resyncs_total{reason=\"rules\"} 0.0",
            "conntrack_exporter_resyncs_total{reason=\"scrape\"} 0.0",
            "conntrack_exporter_resyncs_total{reason=\"start\"} 1.0",
            "conntrack_exporter_undecodable_messages_total 1.0",
            "conntrack_exporter_zeroed_flows_total 11.0");
  }

  @Test
  void theTextFormatHasEveryFamilyWithAndWithoutEndpoints() {
    Set<String> types =
        Stream.of(
                GAUGES.stream().map(name -> "# TYPE " + name + " gauge"),
                COUNTERS.stream().map(name -> "# TYPE " + name + " counter"),
                Stream.of("# TYPE " + INFO + " gauge"))
            .flatMap(lines -> lines)
            .collect(Collectors.toSet());
    assertThat(linesOf(text(Observations.small()), "# TYPE"))
        .containsExactlyInAnyOrderElementsOf(types);
    assertThat(linesOf(text(Observations.empty()), "# TYPE"))
        .containsExactlyInAnyOrderElementsOf(types);
  }

  @Test
  void withoutEndpointsTheHelpsAreTheSameAndNoSeriesIsMadeUp() {
    String empty = text(Observations.empty());
    assertThat(linesOf(empty, "# HELP"))
        .containsExactlyInAnyOrderElementsOf(linesOf(text(Observations.small()), "# HELP"));
    assertThat(empty).doesNotContain("host=");
  }

  @Test
  void openMetricsHasEveryFamilyWithAndWithoutEndpoints() {
    Set<String> types =
        Stream.of(
                GAUGES.stream().map(name -> "# TYPE " + name + " gauge"),
                COUNTERS.stream().map(name -> "# TYPE " + name.replace("_total", "") + " counter"),
                Stream.of("# TYPE " + INFO.replace("_info", "") + " info"))
            .flatMap(lines -> lines)
            .collect(Collectors.toSet());
    for (Observation observation : List.of(Observations.small(), Observations.empty())) {
      String text = new String(write(observation, OPENMETRICS), UTF_8);
      assertThat(linesOf(text, "# TYPE")).containsExactlyInAnyOrderElementsOf(types);
      assertThat(text).endsWith("\n# EOF\n").containsOnlyOnce("# EOF");
    }
  }

  @Test
  void protobufHasEveryFamilyWithAndWithoutEndpoints() {
    List<String> names = Stream.of(GAUGES, COUNTERS, Set.of(INFO)).flatMap(Set::stream).toList();
    for (Observation observation : List.of(Observations.small(), Observations.empty())) {
      assertThat(familyNames(write(observation, PROTOBUF)))
          .containsExactlyInAnyOrderElementsOf(names);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void promtoolFindsNothingToComplainOf(boolean empty, @TempDir Path folder) throws Exception {
    Path promtool = Path.of("/usr/bin/promtool");
    assumeTrue(Files.isExecutable(promtool), "promtool is not installed");
    Path text = folder.resolve("metrics.txt");
    Files.write(text, write(empty ? Observations.empty() : Observations.small(), ""));
    Process check =
        new ProcessBuilder(promtool.toString(), "check", "metrics")
            .redirectInput(text.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(check.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(new String(check.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(check.exitValue()).isZero();
  }

  @Test
  void theTypeOfTheDocumentIsTold() {
    assertThat(exposition.contentType("")).startsWith("text/plain; version=0.0.4");
    assertThat(exposition.contentType(OPENMETRICS))
        .startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(exposition.contentType(PROTOBUF)).startsWith("application/vnd.google.protobuf");
  }

  private static List<String> linesOf(String text, String start) {
    return text.lines().filter(line -> line.startsWith(start)).toList();
  }

  /** The first field of each message of the stream: MetricFamily.name. */
  private static List<String> familyNames(byte[] stream) {
    List<String> names = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(stream);
    while (in.hasRemaining()) {
      int length = varint(in);
      ByteBuffer family = in.slice(in.position(), length);
      in.position(in.position() + length);
      assertThat(varint(family)).isEqualTo(1 << 3 | 2);
      byte[] name = new byte[varint(family)];
      family.get(name);
      names.add(new String(name, UTF_8));
    }
    return names;
  }

  private static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
