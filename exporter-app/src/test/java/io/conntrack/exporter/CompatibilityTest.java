package io.conntrack.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.conntrack.exporter.doctor.ListedCheckKeys;
import io.conntrack.exporter.exposition.FamilyOptions;
import io.conntrack.exporter.exposition.ListedMetrics;
import io.conntrack.exporter.exposition.Scrapes;
import io.conntrack.exporter.http.Pages;
import io.conntrack.exporter.live.Live;
import io.conntrack.exporter.live.LiveSubject;
import io.conntrack.exporter.log.ListedLogKeys;
import io.conntrack.exporter.options.ListedOptions;
import io.conntrack.exporter.reading.Observation;
import io.conntrack.exporter.reading.ObservationSource;
import io.conntrack.exporter.reading.Observations;
import io.conntrack.exporter.rules.ListedRuleKeys;
import io.conntrack.exporter.terms.BuildInfo;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.web.WebFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The lists in docs/compatibility are what the program has. With {@code -Dcompatibility.write=true}
 * they are written anew: {@code make compatibility}.
 */
final class CompatibilityTest {
  private static final Path DOCS = Path.of("../docs");
  private static final Path LISTS = DOCS.resolve("compatibility");
  private static final String WRITE = "compatibility.write";

  private static final Pattern ALERT = Pattern.compile("^ *- alert: (\\w+)$", Pattern.MULTILINE);
  private static final Pattern KNOWN_KEYS = Pattern.compile("unknown key '\\?'; .* has (.*)");
  private static final ObservationSource SOURCE = timeout -> Observations.withAllCountsAndLabels();

  @TempDir private Path folder;

  @Test
  void metrics() throws Exception {
    compare("metrics.txt", ListedMetrics.lines(folder));
  }

  @Test
  void options() throws IOException {
    compare("options.txt", ListedOptions.lines());
  }

  @Test
  void pathsOfHttp() throws IOException {
    Map<String, ?> pages =
        Pages.of(
            "/metrics",
            SOURCE,
            new BuildInfo("1", "1", "1"),
            FamilyOptions.PLAIN,
            new Scrapes(0),
            Live.of(SOURCE));
    compare("http-paths.txt", pages.keySet());
  }

  @Test
  void alerts() throws IOException {
    String rules = Files.readString(Path.of("../packaging/prometheus/rules.yml"));
    compare("alerts.txt", ALERT.matcher(rules).results().map(found -> found.group(1)).toList());
  }

  @Test
  void keysOfJson() throws Exception {
    Predicate<String> properties = Pattern.compile("properties\\.\\w+").asMatchPredicate();
    List<String> eventLog =
        ListedJsonKeys.of(Files.readString(DOCS.resolve("event-log.schema.json"))).stream()
            .filter(properties)
            .map(key -> key.substring(key.indexOf('.') + 1))
            .toList();
    assertThat(eventLog).contains("remote_host");
    compare(
        "json-keys.txt",
        Stream.of(
                lines("check", ListedJsonKeys.of(ListedCheckKeys.report())),
                lines("endpoints", endpointKeys(Observations.withAllCountsAndLabels())),
                lines("event-log", eventLog),
                lines("log", ListedJsonKeys.of(ListedLogKeys.line())))
            .flatMap(lines -> lines)
            .toList());
  }

  private static Stream<String> lines(String document, Collection<String> keys) {
    return keys.stream().map(key -> document + " " + key);
  }

  private static SortedSet<String> endpointKeys(Observation observation) throws Exception {
    return ListedJsonKeys.of(
        Live.of(timeout -> observation)
            .orElseThrow()
            .data(LiveSubject.ENDPOINTS, parameter -> List.of()));
  }

  @Test
  void keysOfFiles() throws IOException {
    List<String> lines = new ArrayList<>(ListedRuleKeys.lines());
    for (String section : webKeys("?: 1")) {
      lines.add("web " + section);
      if (!section.equals("basic_auth_users")) {
        webKeys(section + ": {'?': 1}").forEach(key -> lines.add("web " + section + "." + key));
      }
    }
    compare("file-keys.txt", lines);
  }

  /** The keys that the refusal of another one lists. */
  private List<String> webKeys(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("web.yml"), text);
    try {
      WebFile.open(Optional.of(file)).close();
    } catch (UsageException e) {
      var matcher = KNOWN_KEYS.matcher(e.getMessage());
      assertThat(matcher.find()).as(e.getMessage()).isTrue();
      return Arrays.asList(matcher.group(1).split(", | and ", -1));
    }
    return fail("taken: %s", text);
  }

  /** Holds a list to the program, or writes it. Lines of a list that begin with # explain it. */
  private static void compare(String name, Collection<String> program) throws IOException {
    Path file = LISTS.resolve(name);
    List<String> text = Files.readAllLines(file);
    List<String> head = text.stream().filter(line -> line.startsWith("#")).toList();
    if (Boolean.getBoolean(WRITE)) {
      Files.write(file, Stream.concat(head.stream(), new TreeSet<>(program).stream()).toList());
      return;
    }
    List<String> list = text.subList(head.size(), text.size());
    assertThat(list).as("%s is in order", file).isSorted();
    List<String> lacks = without(program, list);
    List<String> tooMuch = without(list, program);
    assertThat(lacks.size() + tooMuch.size())
        .withFailMessage(
            "docs/compatibility/%s is a promise, and the program is not what it says.%nAdd:%n%s"
                + "Remove:%n%sIf the change is meant, and docs/compatibility.md allows it, run"
                + " 'make compatibility' and tell of it in CHANGELOG.md.",
            name, indented(lacks), indented(tooMuch))
        .isZero();
  }

  private static List<String> without(Collection<String> lines, Collection<String> others) {
    return new TreeSet<>(lines).stream().filter(line -> !others.contains(line)).toList();
  }

  private static String indented(List<String> lines) {
    return String.join("", lines.stream().map(line -> "  " + line + "\n").toList());
  }
}
