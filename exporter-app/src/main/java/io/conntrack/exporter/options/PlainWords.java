package io.conntrack.exporter.options;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes apart the words that most starts have: options that are known, each with a value of its
 * kind. All other words are left to picocli, which also says what is wrong with them.
 */
final class PlainWords {
  private final Map<String, OptionRow> rows = new HashMap<>();
  private final Map<OptionRow, List<String>> values = new LinkedHashMap<>();

  private PlainWords(List<OptionRow> rows) {
    for (OptionRow row : rows) {
      for (String name : row.names()) {
        this.rows.put(name, row);
      }
    }
  }

  /** The values that each option is given, or empty where the words are not plain. */
  static Optional<Map<OptionRow, List<String>>> parse(List<OptionRow> rows, String... words) {
    PlainWords plain = new PlainWords(rows);
    int at = 0;
    while (at < words.length) {
      int taken = plain.take(words, at);
      if (taken == 0) {
        return Optional.empty();
      }
      at += taken;
    }
    return Optional.of(plain.values);
  }

  /** Returns how many words it has taken: an option and perhaps its value. */
  private int take(String[] words, int at) {
    String word = words[at];
    int equals = word.indexOf('=');
    OptionRow row = rows.get(equals < 0 ? word : word.substring(0, equals));
    if (row == null || row.isEnding()) {
      return 0;
    }
    String next = at + 1 < words.length ? words[at + 1] : "-";
    if (equals >= 0) {
      return put(row, word.substring(equals + 1)) ? 1 : 0;
    }
    if (row.kind() == OptionRow.Kind.FLAG || (row.fallback() != null && next.startsWith("-"))) {
      return put(row, row.fallback()) ? 1 : 0;
    }
    return row.fallback() == null && put(row, next) ? 2 : 0;
  }

  /** What looks like an option or a command is no value to picocli. */
  private boolean put(OptionRow row, String value) {
    boolean isFlag = row.kind() == OptionRow.Kind.FLAG;
    boolean isWord = value.startsWith("-") || OptionTable.isCommand(value);
    boolean isTruth = value.equals("true") || value.equals("false");
    if (value.isEmpty() || isWord || (isFlag && !isTruth)) {
      return false;
    }
    values.computeIfAbsent(row, _ -> new ArrayList<>()).add(value);
    return true;
  }
}
