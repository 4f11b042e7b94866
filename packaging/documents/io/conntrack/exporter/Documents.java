package io.conntrack.exporter;

import io.conntrack.exporter.options.OptionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Writes the man page and the bash completion from the table of options, so that they tell what
 * {@code --help} tells. documents.sh runs it; being in the program's package it sees that table.
 */
public final class Documents {
  private static final String NAME = "conntrack-exporter";

  private Documents() {}

  /**
   * Writes both into a folder.
   *
   * @param words the folder, the version, the text around the options
   */
  public static void main(String[] words) throws IOException {
    Path folder = Path.of(words[0]);
    String page = Files.readString(Path.of(words[2]));
    CommandSpec spec = OptionTable.spec();
    Files.writeString(
        folder.resolve(NAME + ".1"),
        page.replace("@version@", words[1]).replace("@options@\n", options(spec)));
    Files.writeString(
        folder.resolve(NAME + ".bash"), AutoComplete.bash(NAME, new CommandLine(spec)));
  }

  private static String options(CommandSpec spec) {
    return spec.options().stream().map(Documents::option).collect(Collectors.joining());
  }

  private static String option(OptionSpec option) {
    String names =
        Arrays.stream(option.names())
            .map(name -> "\\fB" + escaped(name) + "\\fR")
            .collect(Collectors.joining(", "));
    String value = option.arity().max() == 0 ? "" : "=\\fI" + escaped(option.paramLabel()) + "\\fR";
    return ".TP\n" + names + value + "\n" + escaped(description(option)) + "\n";
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
}
