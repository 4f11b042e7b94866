package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The dashboards are what their sources make, and have what Grafana and their readers expect. */
final class GrafanaTest {
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:\\w+:)?(?:conntrack|process)_\\w+(?::\\w+)?");
  private static final Path RECORDING = Path.of("prometheus/recording.yml");
  private static final int GRID_WIDTH = 24;

  /** The first version of the JSON that needs nothing older than Grafana 11 to be read. */
  private static final int SCHEMA_VERSION = 39;

  static List<Dashboard> dashboards() {
    return Dashboard.all();
  }

  @Test
  void thereAreFour() {
    assertThat(dashboards())
        .extracting(Dashboard::uid)
        .containsExactly(
            "conntrack-endpoint", "conntrack-exporter", "conntrack-fleet", "conntrack-host");
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachIsWhatItsSourceMakes(Dashboard dashboard) throws Exception {
    Tool.require("jsonnet", "jsonnet");
    String source = dashboard.uid().replace("conntrack-", "") + ".jsonnet";
    assertThat(Dashboard.parsed(run("jsonnet", source)))
        .as("make it anew with packaging/scripts/dashboards.sh")
        .isEqualTo(dashboard.json());
    run("jsonnetfmt", "--test", source);
    run("jsonnetfmt", "--test", "panels.libsonnet");
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(Dashboard.FOLDER.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    return output;
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachHasItsVariablesAndVersion(Dashboard dashboard) {
    assertThat(dashboard.json().get("schemaVersion").asInt())
        .isGreaterThanOrEqualTo(SCHEMA_VERSION);
    assertThat(dashboard.json().get("title").asText()).isNotBlank();
    assertThat(dashboard.json().get("description").asText()).isNotBlank();
    assertThat(dashboard.variables())
        .extracting(variable -> variable.get("name").asText())
        .startsWith("datasource", "job", "instance", "netns");
    assertThat(dashboard.variables())
        .extracting(variable -> variable.get("type").asText())
        .startsWith("datasource")
        .endsWith("query");
    String queries = String.join("\n", dashboard.queries().values());
    assertThat(dashboard.variables())
        .extracting(variable -> variable.get("name").asText())
        .allMatch(name -> name.equals("datasource") || queries.contains("$" + name));
  }

  /** Grafana escapes what many or all may be chosen of, as an expression; of one it does not. */
  @ParameterizedTest
  @MethodSource("dashboards")
  void eachVariableIsComparedAsGrafanaEscapesIt(Dashboard dashboard) {
    List<String> queries = new ArrayList<>(dashboard.queries().values());
    dashboard.variables().forEach(variable -> queries.add(variable.at("/query/query").asText()));
    for (JsonNode variable : dashboard.variables()) {
      String name = variable.get("name").asText();
      String wrong = (variable.get("multi").asBoolean() ? "=\"$" : "=~\"$") + name + "\"";
      assertThat(queries).noneMatch(query -> query.contains(wrong));
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachPanelSaysWhatItShowsInWhichUnit(Dashboard dashboard) {
    for (JsonNode panel : dashboard.panels()) {
      String title = panel.get("title").asText();
      assertThat(title).isNotBlank();
      assertThat(panel.get("type").asText())
          .as(title)
          .isIn("timeseries", "stat", "table", "heatmap");
      assertThat(panel.get("description").asText()).as(title).endsWith(".");
      assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(title).isNotBlank();
      assertThat(panel.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
      assertThat(panel.get("targets")).as(title).isNotEmpty();
      for (JsonNode target : panel.get("targets")) {
        assertThat(target.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
        assertThat(target.get("expr").asText()).as(title).contains("job=~\"$job\"");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void noPanelLiesOnAnotherOrHasItsNumber(Dashboard dashboard) {
    Set<Integer> ids = new HashSet<>();
    Set<String> cells = new HashSet<>();
    for (JsonNode panel : dashboard.allPanels()) {
      assertThat(ids.add(panel.get("id").asInt())).as("id of " + panel.get("title")).isTrue();
      JsonNode grid = panel.get("gridPos");
      int right = grid.get("x").asInt() + grid.get("w").asInt();
      assertThat(right).as("right end of " + panel.get("title")).isLessThanOrEqualTo(GRID_WIDTH);
      for (int x = grid.get("x").asInt(); x < right; x++) {
        for (int y = grid.get("y").asInt();
            y < grid.get("y").asInt() + grid.get("h").asInt();
            y++) {
          assertThat(cells.add(x + " " + y)).as("place of " + panel.get("title")).isTrue();
        }
      }
    }
  }

  /** Of a table each override is of a column, and the column to sort by is there. */
  @ParameterizedTest
  @MethodSource("dashboards")
  void eachColumnIsThere(Dashboard dashboard) {
    for (JsonNode panel : dashboard.panels()) {
      if (panel.get("type").asText().equals("table")) {
        JsonNode organized = panel.at("/transformations/1/options");
        Set<String> columns = new HashSet<>();
        organized.get("renameByName").forEach(name -> columns.add(name.asText()));
        organized.get("indexByName").fieldNames().forEachRemaining(columns::add);
        String title = panel.get("title").asText();
        assertThat(columns)
            .as(title)
            .hasSize(panel.get("targets").size() + organized.get("indexByName").size())
            .contains(panel.at("/options/sortBy/0/displayName").asText());
        for (JsonNode override : panel.at("/fieldConfig/overrides")) {
          assertThat(columns).as(title).contains(override.at("/matcher/options").asText());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void eachAsksForMetricsThatThereAre(Dashboard dashboard) {
    Set<String> known =
        Docs.metrics().stream()
            .map(line -> line.replaceAll("[{ ].*", ""))
            .flatMap(name ->
                List.of(
                    name,
                    name.replaceAll("_sum$", ""),
                    name.replaceAll("_sum$", "_count"),
                    name.replaceAll("_sum$", "_bucket"))
                    .stream())
            .collect(Collectors.toCollection(TreeSet::new));
    Pattern.compile("record: (\\S+)")
        .matcher(Docs.text(RECORDING))
        .results()
        .forEach(found -> known.add(found.group(1)));
    Set<String> asked = new TreeSet<>();
    for (String query : dashboard.queries().values()) {
      METRIC
          .matcher(query.replaceAll("\"[^\"]*\"", ""))
          .results()
          .map(MatchResult::group)
          .forEach(asked::add);
    }
    assertThat(known).containsAll(asked);
  }
}
