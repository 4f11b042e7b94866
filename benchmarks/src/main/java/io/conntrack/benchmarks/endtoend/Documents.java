package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** The documents that show what was recorded, each between two comments, which stay. */
enum Documents {
  /** All rows. */
  README(
      "../README.md",
      results ->
          "The last record was made on "
              + results.machine()
              + ".\n\n"
              + Table.ofResults(results.results())),

  /** What to expect of a host. */
  CAPACITY("../../docs/capacity.md", Sizing::text);

  private static final String BEGIN = "<!-- last results, by make bench-record -->\n";
  private static final String END = "<!-- end of last results -->\n";

  private final Path file;

  @SuppressWarnings("ImmutableEnumChecker") // they have no state
  private final Function<Results, String> text;

  /** {@code file}: seen from the folder in which the measurements run. */
  Documents(String file, Function<Results, String> text) {
    this.file = Path.of(file);
    this.text = text;
  }

  static void write(Results results) throws IOException {
    for (Documents document : values()) {
      document.write(document.file, results);
    }
  }

  void write(Path path, Results results) throws IOException {
    Files.writeString(path, replaced(Files.readString(path), results));
  }

  /** A document's text with these results in the place of older ones. */
  String replaced(String document, Results results) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("no place for results: " + BEGIN + "... " + END);
    }
    return document.substring(0, begin)
        + BEGIN
        + "\n"
        + text.apply(results)
        + "\n"
        + document.substring(end);
  }

  /** Seen from the folder of this module. */
  Path file() {
    return Path.of("target").resolve(file).normalize();
  }
}
