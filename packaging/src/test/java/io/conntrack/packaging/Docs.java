package io.conntrack.packaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What operators copy out of the documents, or hold their own output against. */
final class Docs {
  static final Path README = Path.of("../README.md");
  private static final Path QUERIES = Path.of("../docs/queries.md");
  private static final Path METRICS = Path.of("../docs/metrics.md");

  private static final Pattern PROMQL =
      Pattern.compile("^```promql\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern METRIC =
      Pattern.compile("^\\| `((?:conntrack|process)_[^`]+)` \\|", Pattern.MULTILINE);

  private Docs() {}

  /** The queries of the page of queries, by the questions in the comments above them. */
  static Map<String, String> queries() {
    return queries(QUERIES);
  }

  /** The same by source, which are in a block of their own. */
  static Map<String, String> queriesBySource() {
    return queries(QUERIES, 1);
  }

  /** Those of a document's first block in PromQL. */
  static Map<String, String> queries(Path document) {
    return queries(document, 0);
  }

  private static Map<String, String> queries(Path document, int number) {
    List<MatchResult> blocks = PROMQL.matcher(text(document)).results().toList();
    if (blocks.size() <= number) {
      throw new AssertionError(document + " has blocks of promql=" + blocks.size());
    }
    MatchResult block = blocks.get(number);
    Map<String, String> queries = new LinkedHashMap<>();
    Arrays.stream(block.group(1).split("\n\n", -1))
        .map(each -> each.split("\n", 2))
        .forEach(each -> queries.put(each[0], each[1].strip()));
    return queries;
  }

  /** The lines of output in the tables of metrics. */
  static List<String> metrics() {
    return METRIC.matcher(text(METRICS)).results().map(line -> line.group(1)).toList();
  }

  static String text(Path document) {
    try {
      return Files.readString(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
