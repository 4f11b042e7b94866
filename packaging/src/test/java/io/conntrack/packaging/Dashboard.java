package io.conntrack.packaging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A dashboard for Grafana, as its file in JSON has it. */
record Dashboard(JsonNode json) {
  static final Path FOLDER = Path.of("grafana");

  static List<Dashboard> all() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .map(Dashboard::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Dashboard of(Path file) {
    return new Dashboard(parsed(Docs.text(file)));
  }

  static JsonNode parsed(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  static String json(Map<String, String> values) {
    return new ObjectMapper().valueToTree(values).toString();
  }

  static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  String uid() {
    return json.get("uid").asText();
  }

  /** Headings of rows too, which ask nothing. */
  List<JsonNode> allPanels() {
    return each(json.get("panels")).toList();
  }

  List<JsonNode> panels() {
    return allPanels().stream().filter(panel -> !panel.get("type").asText().equals("row")).toList();
  }

  List<JsonNode> variables() {
    return each(json.get("templating").get("list")).toList();
  }

  /** What panels ask, by dashboard, panel and letter. */
  Map<String, String> queries() {
    Map<String, String> queries = new LinkedHashMap<>();
    for (JsonNode panel : panels()) {
      for (JsonNode target : panel.get("targets")) {
        String place =
            "%s: %s %s: %s"
                .formatted(
                    uid(),
                    panel.get("id"),
                    panel.get("title").asText(),
                    target.get("refId").asText());
        queries.put(place, target.get("expr").asText());
      }
    }
    return queries;
  }

  /** A query with the values that somebody has chosen for the variables. */
  static String filled(String query, Map<String, String> values) {
    String filled = query;
    for (Map.Entry<String, String> value : values.entrySet()) {
      filled = filled.replaceAll("\\$" + value.getKey() + "\\b", value.getValue());
    }
    if (filled.contains("$")) {
      throw new AssertionError("a variable without a value: " + filled);
    }
    return filled;
  }

  @Override
  public String toString() {
    return uid();
  }
}
