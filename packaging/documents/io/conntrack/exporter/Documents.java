package io.conntrack.exporter;

import io.conntrack.exporter.options.OptionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Writes the manual page and the completions of three shells from the table of options, so that
 * they tell what {@code --help} tells, and the page's metrics from docs/metrics.md. documents.sh
 * runs it; being in the program's package it sees that table.
 */
public final class Documents {
  private static final String NAME = "conntrack-exporter";

  /** Their values are paths of files. */
  private static final Set<String> FILES =
      Set.of("--rules", "--netns", "--web.config.file", "--password-file", "--ca-file");

  /** A row of docs/metrics.md: a line of output, the type, and what it tells. */
  private static final Pattern METRIC =
      Pattern.compile(
          "^\\| `((?:conntrack|process)_[^` {]+)(\\{[^}]*})? [^`]*` \\| [^|]* \\| (.*) \\|$",
          Pattern.MULTILINE);

  private Documents() {}

  /**
   * Writes all into a folder.
   *
   * @param words the folder, the version, the text around the options, the page of metrics
   */
  public static void main(String[] words) throws IOException {
    Path folder = Path.of(words[0]);
    String page = Files.readString(Path.of(words[2]));
    CommandSpec spec = OptionTable.spec();
    Files.writeString(
        folder.resolve(NAME + ".8"),
        page.replace("@version@", words[1])
            .replace("@options@\n", options(spec.options()))
            .replace("@top@\n", options(ownOfTop(spec)))
            .replace("@metrics@\n", metrics(Files.readString(Path.of(words[3])))));
    String bash = AutoComplete.bash(NAME, new CommandLine(forBash(OptionTable.spec())));
    Files.writeString(folder.resolve(NAME + ".bash"), withEqualSigns(bash));
    Files.writeString(folder.resolve("_" + NAME), zsh(spec));
    Files.writeString(folder.resolve(NAME + ".fish"), fish(spec));
  }

  /** Those that the daemon does not have, or describes otherwise. */
  private static List<OptionSpec> ownOfTop(CommandSpec spec) {
    CommandSpec top = spec.subcommands().get("top").getCommandSpec();
    return top.options().stream()
        .filter(option -> {
          OptionSpec other = spec.findOption(option.longestName());
          return other == null || !description(other).equals(description(option));
        })
        .toList();
  }

  private static String options(List<OptionSpec> options) {
    return options.stream().map(Documents::option).collect(Collectors.joining());
  }

  private static String option(OptionSpec option) {
    String names =
        Arrays.stream(option.names())
            .map(name -> "\\fB" + escaped(name) + "\\fR")
            .collect(Collectors.joining(", "));
    String value = hasValue(option) ? "=\\fI" + escaped(option.paramLabel()) + "\\fR" : "";
    return ".TP\n" + names + value + "\n" + escaped(description(option)) + "\n";
  }

  private static boolean hasValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  private static String description(OptionSpec option) {
    return String.join(" ", option.description())
        .replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue()))
        .replace("%%", "%");
  }

  /** A hyphen that is to be copied into a shell must not become a typographic one. */
  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-");
  }

  private static String metrics(String page) {
    return METRIC
        .matcher(page)
        .results()
        .map(row -> {
          String labels = row.group(2) == null ? "" : row.group(2).replaceAll("=\"[^\"]*\"", "");
          String text = row.group(3).replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1").replace("`", "");
          return ".TP\n\\fB" + row.group(1) + "\\fR" + labels + "\n" + escaped(text) + "\n";
        })
        .collect(Collectors.joining());
  }

  /**
   * The same options as picocli's script needs them: files by their type, and values by a label
   * that no other option has.
   */
  private static CommandSpec forBash(CommandSpec spec) {
    for (CommandSpec each : Stream.concat(Stream.of(spec), commands(spec)).toList()) {
      for (OptionSpec option : List.copyOf(each.options())) {
        String label = option.longestName().replaceAll("\\W", "");
        if (FILES.contains(option.longestName())) {
          each.remove(option);
          each.addOption(OptionSpec.builder(option.names()).type(Path.class).build());
        } else if (!values(option).isEmpty()) {
          each.remove(option);
          each.addOption(OptionSpec.builder(option).paramLabel(label).build());
        }
      }
    }
    return spec;
  }

  /**
   * Readline takes an equal sign for a word of its own, of which picocli's script knows nothing.
   */
  private static String withEqualSigns(String script) {
    String current = "  local curr_word=${COMP_WORDS[COMP_CWORD]}\n";
    String previous = "  local prev_word=${COMP_WORDS[COMP_CWORD-1]}\n";
    if (!script.contains(current + previous)) {
      throw new IllegalStateException("picocli's script has become another one");
    }
    return script
        .replace(current, current + "  if [[ $curr_word == = ]]; then curr_word=; fi\n")
        .replace(
            previous,
            previous
                + "  if [[ $prev_word == = ]]; then prev_word=${COMP_WORDS[COMP_CWORD-2]}; fi\n");
  }

  private static Stream<CommandSpec> commands(CommandSpec spec) {
    return spec.subcommands().values().stream().map(CommandLine::getCommandSpec);
  }

  private static List<String> values(OptionSpec option) {
    Iterable<String> candidates = option.completionCandidates();
    return candidates == null
        ? List.of()
        : StreamSupport.stream(candidates.spliterator(), false).toList();
  }

  /** For the function that zsh calls by the name of the file. */
  private static String zsh(CommandSpec spec) {
    String arguments =
        spec.options().stream()
            .flatMap(option -> Arrays.stream(option.names()).map(name -> zsh(option, name)))
            .map(argument -> "  '" + argument.replace("'", "'\\''") + "' \\\n")
            .collect(Collectors.joining());
    return "#compdef " + NAME + "\n_arguments \\\n" + arguments + "  '1:command:(check top)'\n";
  }

  private static String zsh(OptionSpec option, String name) {
    boolean isLong = name.startsWith("--");
    String text = firstSentence(option).replaceAll("[\\[\\]:\\\\]", "\\\\$0");
    String value =
        FILES.contains(option.longestName())
            ? ":file:_files"
            : values(option).isEmpty()
                ? ":value:"
                : ":value:(" + String.join(" ", values(option)) + ")";
    return name
        + (hasValue(option) && isLong ? "=" : "")
        + "["
        + text
        + "]"
        + (hasValue(option) ? value : "");
  }

  private static String fish(CommandSpec spec) {
    String options = spec.options().stream().map(Documents::fish).collect(Collectors.joining());
    return "complete -c "
        + NAME
        + " -f\ncomplete -c "
        + NAME
        + " -n __fish_use_subcommand -a check -d 'Tell what this host lacks'\ncomplete -c "
        + NAME
        + " -n __fish_use_subcommand -a top -d 'Show the endpoints of now in a terminal'\n"
        + options;
  }

  private static String fish(OptionSpec option) {
    StringBuilder line = new StringBuilder("complete -c " + NAME);
    for (String name : option.names()) {
      line.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
    }
    if (FILES.contains(option.longestName())) {
      line.append(" -r -F");
    } else if (hasValue(option)) {
      line.append(" -x");
    }
    if (!values(option).isEmpty()) {
      line.append(" -a '").append(String.join(" ", values(option))).append("'");
    }
    return line.append(" -d '")
        .append(firstSentence(option).replace("'", "\\'"))
        .append("'\n")
        .toString();
  }

  /** What a list of options has room for. */
  private static String firstSentence(OptionSpec option) {
    return description(option).replaceFirst("(?s)(\\. | \\(|[:;,] ).*", "");
  }
}
