package io.conntrack.packaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What operators copy out of the README, or hold their own output against. */
final class Readme {
  private static final Pattern QUERIES =
      Pattern.compile("^```promql\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern METRIC =
      Pattern.compile("^\\| `((?:conntrack|process)_[^`]+)` \\|", Pattern.MULTILINE);

  private Readme() {}

  /** The queries of the one block in PromQL, by the questions in the comments above them. */
  static Map<String, String> queries() {
    Matcher block = QUERIES.matcher(text());
    if (!block.find()) {
      throw new AssertionError("the README has no block of promql");
    }
    Map<String, String> queries = new LinkedHashMap<>();
    Arrays.stream(block.group(1).split("\n\n", -1))
        .map(each -> each.split("\n", 2))
        .forEach(each -> queries.put(each[0], each[1].strip()));
    return queries;
  }

  /** The lines of output in the tables of metrics. */
  static List<String> metrics() {
    return METRIC.matcher(text()).results().map(line -> line.group(1)).toList();
  }

  private static String text() {
    try {
      return Files.readString(Path.of("../README.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
