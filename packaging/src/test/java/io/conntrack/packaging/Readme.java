package io.conntrack.packaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** What operators hold their own output against. */
final class Readme {
  private static final Pattern METRIC =
      Pattern.compile("^\\| `(conntrack_[^`]+)` \\|", Pattern.MULTILINE);

  private Readme() {}

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
