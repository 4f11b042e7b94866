package io.conntrack.exporter.options;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An option that has another name than before. The old name, and the variable of that name, go on
 * with a warning for two minor versions: see docs/compatibility.md.
 *
 * @param oldName with both hyphens, as {@code newName}
 * @param lastVersion the last minor version that takes the old name, such as 1.3
 */
record RenamedOption(String oldName, String newName, String lastVersion) {
  /** Those that this version still takes by their old names. */
  static final List<RenamedOption> ALL = List.of();

  /** Words and variables with new names in place of old ones, and what to tell of each. */
  record Replaced(List<String> words, Map<String, String> environment, List<String> warnings) {}

  static Replaced replace(
      List<RenamedOption> renamed, String[] words, Map<String, String> environment) {
    if (renamed.isEmpty()) {
      return new Replaced(List.of(words), environment, List.of());
    }
    List<String> newWords = new ArrayList<>(List.of(words));
    Map<String, String> newEnvironment = new HashMap<>(environment);
    List<String> warnings = new ArrayList<>();
    for (RenamedOption option : renamed) {
      option.replace(newWords, warnings);
      option.replace(newEnvironment, warnings);
    }
    return new Replaced(List.copyOf(newWords), Map.copyOf(newEnvironment), List.copyOf(warnings));
  }

  private void replace(List<String> words, List<String> warnings) {
    words.replaceAll(word -> {
      if (!word.equals(oldName) && !word.startsWith(oldName + "=")) {
        return word;
      }
      warnings.add(warning(oldName, newName));
      return newName + word.substring(oldName.length());
    });
  }

  private void replace(Map<String, String> environment, List<String> warnings) {
    String oldVariable = Options.variable(oldName);
    String newVariable = Options.variable(newName);
    String value = environment.remove(oldVariable);
    if (value == null || value.isBlank()) {
      return;
    }
    if (environment.getOrDefault(newVariable, "").isBlank()) {
      environment.put(newVariable, value);
      warnings.add(warning(oldVariable, newVariable));
    } else {
      warnings.add(oldVariable + " is ignored: its new name, " + newVariable + ", is set too");
    }
  }

  private String warning(String was, String is) {
    return was
        + " has a new name: write "
        + is
        + ". Version "
        + lastVersion
        + " is the last that takes the old one";
  }
}
