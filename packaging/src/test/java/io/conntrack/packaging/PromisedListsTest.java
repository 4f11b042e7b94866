package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The lists in docs/compatibility hold for the built program, as a client meets it. That the code
 * has no more and no less than they say is CompatibilityTest's.
 */
@KernelTest
final class PromisedListsTest {
  private static final Path LISTS = Path.of("../docs/compatibility");
  private static final SyntheticFlow FLOW =
      SyntheticFlow.of(Tuple.tcp("127.0.0.1", 10000, "192.0.2.1", 443));
  private static final SyntheticFlow FORWARDED =
      SyntheticFlow.of(Tuple.tcp("198.51.100.7", 10000, "192.0.2.1", 443));

  /** Their values stand in place of keys. */
  private static final Set<String> OPEN =
      Set.of("endpoints[].labels", "endpoints[].failed", "endpoints[].ended");

  /** Comes with a stack trace alone, and this program has none to tell. */
  private static final String STACK = "stack";

  /** What no event of this test tells: an end without an event, and another namespace. */
  private static final List<String> RARE_OF_EVENTS = List.of("cause", "netns", "uncounted_");

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern UNIT = Pattern.compile("# UNIT (\\S+) (\\S+)");
  private static final Pattern SERIES = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+.*");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");

  @TempDir private Path folder;
  @AutoClose private final Namespace namespace = Namespace.create();

  @Test
  void metricsPathsAndKeysAreThoseThatAreListed() throws Exception {
    namespace.trackConnections();
    namespace.sysctl("net.netfilter.nf_conntrack_acct", 1);
    namespace.sysctl("net.netfilter.nf_conntrack_events", 1);
    Path names = Files.writeString(folder.resolve("names"), "192.0.2.1 web\n198.51.100.7 client\n");
    Path log = folder.resolve("events");
    try (FlowWriter writer = FlowWriter.in(namespace);
        Program program =
            Launch.in(namespace)
                .outputTo(Redirect.to(log.toFile()))
                .serve(
                    "--accounting",
                    "--histograms",
                    "--sources",
                    "--zones",
                    "--direction-label",
                    "--protocols=tcp,udp",
                    "--names=" + names,
                    "--log-events",
                    "--log-events-format=json")) {
      writer.create(FLOW.state(TcpState.SYN_SENT), FORWARDED);
      writer.update(FLOW);
      writer.update(FLOW.state(TcpState.TIME_WAIT));
      writer.delete(FLOW, FORWARDED);
      writer.create(FLOW.client(1).state(TcpState.SYN_SENT));
      writer.update(FLOW.client(1).state(TcpState.CLOSE));
      writer.delete(FLOW.client(1));
      Await.until("a failure", program::scrape, got -> got.toString().contains("_failed_total{"));
      metrics(program);
      paths(program);
      assertThat(keys(program.get("/-/endpoints").text())).isEqualTo(listed("endpoints"));
      events(Await.until("four events", () -> read(log), got -> got.size() > 5));
    }
    try (Program refusal =
        Launch.in(namespace).start("--log.format=json", "--bind-address=192.0.2.1")) {
      assertThat(refusal.awaitExit()).isEqualTo(1);
      Set<String> ofLog = new TreeSet<>(Set.of(STACK));
      refusal.log().forEach(line -> ofLog.addAll(keys(line)));
      assertThat(ofLog).isEqualTo(listed("log"));
    }
    try (Program check = Launch.in(namespace).start("check", "--json")) {
      assertThat(check.awaitExit()).isZero();
      assertThat(withRemedy(keys(check.output()))).isEqualTo(listed("check"));
    }
  }

  /** Where all is well there may be nothing to remedy. */
  private static Set<String> withRemedy(Set<String> keys) {
    keys.add("checks[].remedy");
    return keys;
  }

  /** Names, types, units and labels of OpenMetrics are listed so. Not each unit has a line. */
  private static void metrics(Program program) throws Exception {
    Map<String, String[]> listed = new TreeMap<>();
    lines("metrics.txt").forEach(line -> listed.put(line.split(" ", 2)[0], line.split(" ", -1)));
    String text = program.get("/metrics", "Accept: application/openmetrics-text").text();
    Map<String, String> units =
        UNIT.matcher(text).results().collect(Collectors.toMap(m -> m.group(1), m -> m.group(2)));
    List<String> types = new ArrayList<>();
    for (MatchResult type : TYPE.matcher(text).results().toList()) {
      String family = type.group(1);
      if (family.startsWith("jvm_")) {
        continue; // the Prometheus client's
      }
      String suffix = Map.of("counter", "_total", "info", "_info").getOrDefault(type.group(2), "");
      String[] line = listed.get(family + suffix);
      assertThat(line).as("%s is listed", family + suffix).isNotNull();
      types.add(family);
      assertThat(type.group(2)).as(family).isEqualTo(line[1]);
      String unit = family.matches(".*_(seconds|bytes)") ? family.replaceAll(".*_", "") : "-";
      assertThat(units.getOrDefault(family, unit)).as("unit of %s", family).isEqualTo(line[2]);
      labels(text, family, Set.of(line[3].split(",", -1)));
    }
    assertThat(types).hasSizeGreaterThan(60).contains("conntrack_connections_opened");
  }

  private static void labels(String text, String family, Set<String> listed) {
    Set<String> without = Set.of("-");
    Set<String> always =
        listed.stream().filter(label -> !label.startsWith("[")).collect(Collectors.toSet());
    always.removeAll(without);
    Set<String> allowed =
        listed.stream().map(label -> label.replaceAll("[\\[\\]]", "")).collect(Collectors.toSet());
    allowed.addAll(Set.of("le", "quantile"));
    for (String line : text.lines().filter(each -> each.startsWith(family)).toList()) {
      MatchResult series = SERIES.matcher(line).results().findFirst().orElseThrow();
      String rest = series.group(1).substring(family.length());
      if (!rest.matches("(_(total|info|sum|count|bucket|created))?")) {
        continue; // another family
      }
      Set<String> found =
          LABEL
              .matcher(series.group(2) == null ? "" : series.group(2))
              .results()
              .map((MatchResult label) -> label.group(1))
              .collect(Collectors.toSet());
      assertThat(allowed).as(line).containsAll(found);
      assertThat(found).as(line).containsAll(always);
    }
  }

  private static void paths(Program program) throws Exception {
    for (String path : lines("http-paths.txt").toList()) {
      assertThat(program.get(path).status()).as(path).isEqualTo(200);
    }
    assertThat(program.get("/-/nope").status()).isEqualTo(404);
  }

  private static void events(List<String> lines) throws Exception {
    Set<String> found = new TreeSet<>();
    lines.forEach(line -> found.addAll(keys(line)));
    Set<String> listed = listed("event-log");
    assertThat(listed).containsAll(found);
    listed.removeIf(key -> RARE_OF_EVENTS.stream().anyMatch(key::startsWith));
    assertThat(found).containsAll(listed);
  }

  private static Set<String> listed(String document) throws Exception {
    return lines("json-keys.txt")
        .filter(line -> line.startsWith(document + " "))
        .map(line -> line.substring(document.length() + 1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> lines(String list) throws Exception {
    return Files.readAllLines(LISTS.resolve(list)).stream().filter(line -> !line.startsWith("#"));
  }

  private static List<String> read(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The keys of a document of JSON, which is YAML too, each with those above it. */
  private static Set<String> keys(String json) {
    Set<String> keys = new TreeSet<>();
    collect("", new Load(LoadSettings.builder().build()).loadFromString(json), keys);
    return keys;
  }

  private static void collect(String above, Object value, Set<String> keys) {
    if (value instanceof List<?> list) {
      list.forEach(each -> collect(above + "[]", each, keys));
    } else if (value instanceof Map<?, ?> map) {
      map.forEach((name, each) -> {
        String key = OPEN.contains(above) ? "*" : name.toString();
        String whole = above.isEmpty() ? key : above + "." + key;
        keys.add(whole);
        collect(whole, each, keys);
      });
    }
  }
}
