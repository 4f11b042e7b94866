package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The JSON event log of the built program: each line is as docs/event-log.schema.json has it, and
 * all ends of flows, added up by a script, equal the counters of a scrape.
 */
@KernelTest
final class FlowRecordsTest {
  private static final Path SCHEMA = Path.of("../docs/event-log.schema.json");
  private static final Path EVENT_LOG = Path.of("../docs/event-log.md");
  private static final Path SUMS = Path.of("src/test/python/sum-flow-records.py");

  private final Hosts hosts = Hosts.create();
  private final Traffic fromA = Traffic.in(hosts.a());
  private final Traffic fromB = Traffic.in(hosts.b());

  @BeforeEach
  void count() {
    Tool.require("python3", "python3");
    hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
    // By default a flow sends events only if somebody on the machine listened when it began.
    hosts.a().sysctl("net.netfilter.nf_conntrack_events", 1);
  }

  @AfterEach
  void close() {
    fromA.close();
    fromB.close();
    hosts.close();
  }

  private static JsonSchema schema() {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(Docs.text(SCHEMA));
  }

  private static void assertValid(List<String> lines) {
    JsonSchema schema = schema();
    for (String line : lines) {
      assertThat(schema.validate(line, InputFormat.JSON)).as(line).isEmpty();
    }
  }

  /** What the script makes of the lines. */
  private static Map<String, Double> sums(String lines) throws Exception {
    Process script =
        new ProcessBuilder("python3", SUMS.toString()).redirectErrorStream(true).start();
    Thread.ofPlatform()
        .start(() -> {
          try (var input = script.getOutputStream()) {
            input.write(lines.getBytes(UTF_8));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
    String output = new String(script.getInputStream().readAllBytes(), UTF_8);
    assertThat(script.waitFor()).as(output).isZero();
    return nonZero(Scrape.ofText(output));
  }

  private static Map<String, Double> nonZero(Scrape scrape) {
    return scrape.series().entrySet().stream()
        .filter(each ->
            each.getKey()
                .matches("conntrack_(connections_(failed|ended)|(sent|received)_.*)_total\\{.*"))
        .filter(each -> each.getValue() != 0)
        .filter(each -> !each.getKey().contains("127.0.0.1")) // scrapes
        .collect(
            Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Double::sum, TreeMap::new));
  }

  private static void carry(Connection connection, int there, int back) throws IOException {
    connection.client().getOutputStream().write(new byte[there]);
    assertThat(connection.server().getInputStream().readNBytes(there)).hasSize(there);
    connection.server().getOutputStream().write(new byte[back]);
    assertThat(connection.client().getInputStream().readNBytes(back)).hasSize(back);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--resync-interval=100ms", "--resync-interval=30s"})
  void allEndsOfFlowsEqualTheCounters(String interval) throws Exception {
    Connection before = fromA.connect(fromB.listen(Hosts.B_IPV4, 7000));
    carry(before, 1_000, 2_000);
    try (Program program =
            Launch.in(hosts.a())
                .serve("-efjson", "--accounting", "--histograms", interval, "--protocols=tcp,udp");
        FlowWriter writer = FlowWriter.in(hosts.a())) {
      ServerSocket server = fromB.listen(Hosts.B_IPV6, 7001);
      for (int i = 0; i < 20; i++) {
        Connection connection = fromA.connect(server);
        carry(connection, 10 * i + 1, 1_000 * i + 1);
        if (i % 4 == 0) {
          connection.reset();
        } else {
          connection.close();
        }
      }
      carry(before, 500, 700);
      fromA.connectRefused(Hosts.B_IPV4, 81);
      fromA.exchange(fromB.bind(Hosts.B_IPV4, 5353));
      fromA.echo(Hosts.B_IPV4);
      SyntheticFlow flow = SyntheticFlow.of(Tuple.tcp(Hosts.A_IPV4, 40000, "192.0.2.1", 443));
      writer.create(IntStream.range(0, 300).mapToObj(flow::client));
      writer.create(flow.client(300).timeoutSeconds(1), flow.client(301).timeoutSeconds(1));
      program.scrape();
      Thread.sleep(2_000);
      program.scrape();
      hosts.a().sh("conntrack -F 2>&1");
      Await.until(
          "the sums of all lines to equal the counters",
          () -> List.of(sumsOf(program), withoutProtocol(nonZero(program.scrape()))),
          both -> both.getFirst().equals(both.getLast()) && both.getFirst().size() > 12);
      assertThat(sumsOf(program).toString())
          .contains("timed_out", "refused", "closed", "reset", "evicted", ":5353");
      assertValid(program.output().lines().toList());
      assertThat(program.scrape().value("conntrack_exporter_log_dropped_total")).isZero();
    }
  }

  private static Map<String, Double> sumsOf(Program program) {
    try {
      String output = program.output();
      return withoutProtocol(sums(output.substring(0, output.lastIndexOf('\n') + 1)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The lines have no such series: of one host and port all protocols are added up. */
  private static Map<String, Double> withoutProtocol(Map<String, Double> series) {
    return series.entrySet().stream()
        .collect(
            Collectors.toMap(
                each -> each.getKey().replaceAll(",protocol=\"[a-z]*\"", ""),
                Map.Entry::getValue,
                Double::sum,
                TreeMap::new));
  }

  @Test
  void theLinesOfTheDocumentAreAsTheSchemaHasThem() {
    List<String> lines =
        Docs.text(EVENT_LOG).lines().filter(line -> line.startsWith("{\"event_type\"")).toList();
    assertThat(lines).hasSizeGreaterThan(2);
    assertValid(lines);
    assertThat(schema().validate("{\"event_type\":\"gone\"}", InputFormat.JSON)).isNotEmpty();
  }

  @Test
  void eachKeyOfTheSchemaIsInTheDocument() throws Exception {
    String document = Docs.text(EVENT_LOG);
    new ObjectMapper()
        .readTree(Files.readString(SCHEMA))
        .get("properties")
        .fieldNames()
        .forEachRemaining(key -> assertThat(document).contains("`" + inDocument(key) + "`"));
  }

  /** Of alike keys the document has one row. */
  private static String inDocument(String key) {
    String hosts = key.replaceFirst(".*_host$", "..._host");
    return hosts.replaceFirst("^uncounted_.*", "uncounted_...");
  }
}
