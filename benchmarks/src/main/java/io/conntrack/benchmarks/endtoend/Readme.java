package io.conntrack.benchmarks.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The place of the last results in a document: between two comments, which stay. */
final class Readme {
  private static final String BEGIN = "<!-- last results, by make bench-record -->\n";
  private static final String END = "<!-- end of last results -->\n";

  private Readme() {}

  static void write(Path file, String machine, String table) throws IOException {
    Files.writeString(file, replaced(Files.readString(file), machine, table));
  }

  static String replaced(String document, String machine, String table) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("no place for results: " + BEGIN + "... " + END);
    }
    String results = BEGIN + "\n" + machine + ".\n\n" + table + "\n";
    return document.substring(0, begin) + results + document.substring(end);
  }
}
