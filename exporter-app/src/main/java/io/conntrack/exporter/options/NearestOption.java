package io.conntrack.exporter.options;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Guesses which option or command a mistyped word was meant to be. */
final class NearestOption {
  private NearestOption() {}

  /** A half sentence that names the nearest option, or nothing where none is near. */
  static String hint(String word, CommandLine commandLine) {
    Stream<String> options =
        commandLine.getCommandSpec().options().stream()
            .filter(option -> !option.hidden())
            .flatMap(option -> Stream.of(option.names()))
            .filter(name -> name.startsWith("--"));
    // The command first: "--check" is nearer to it than to "--health-check".
    List<String> names =
        Stream.concat(commandLine.getSubcommands().keySet().stream(), options).toList();
    String name = word.replaceFirst("=.*", "");
    return nearest(name, names).map(option -> "; did you mean " + option + "?").orElse("");
  }

  /** The nearest of the names, if one is near. */
  static Optional<String> nearest(String word, List<String> names) {
    String stem = word.replaceFirst("^-+", "");
    Optional<String> containing =
        names.stream().filter(name -> stem.length() > 2 && name.contains(stem)).findFirst();
    return containing.or(() ->
        names.stream()
            .filter(name -> 3 * distance(word, name) <= name.length())
            .min(Comparator.comparingInt(name -> distance(word, name))));
  }

  /** How many letters to insert, drop or change to get from one word to the other (Levenshtein). */
  private static int distance(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j < previous.length; j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j < current.length; j++) {
        int changed = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(changed, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
