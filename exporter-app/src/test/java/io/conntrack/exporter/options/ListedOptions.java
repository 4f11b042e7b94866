package io.conntrack.exporter.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options as the list of what is promised has them: command, names, variables, default, kind,
 * and the words that are taken.
 *
 * <pre>
 * - --log-events-format,-f CONNTRACK_EXPORTER_LOG_EVENTS_FORMAT netfilter value json,netfilter
 * </pre>
 */
public final class ListedOptions {
  private ListedOptions() {}

  /** Those of the daemon, and what commands have beside them. */
  public static List<String> lines() {
    CommandSpec daemon = OptionTable.spec();
    List<String> lines = new ArrayList<>();
    daemon.options().forEach(option -> lines.add(line("-", option)));
    Set<String> known =
        daemon.options().stream().map(OptionSpec::longestName).collect(Collectors.toSet());
    for (Map.Entry<String, CommandLine> command : daemon.subcommands().entrySet()) {
      lines.add(command.getKey());
      command.getValue().getCommandSpec().options().stream()
          .filter(option -> !known.contains(option.longestName()))
          .forEach(option -> lines.add(line(command.getKey(), option)));
    }
    return lines;
  }

  private static String line(String command, OptionSpec option) {
    boolean ends = option.usageHelp() || option.versionHelp();
    String variables =
        longNames(option).map(Options::variable).sorted().collect(Collectors.joining(","));
    return String.join(
        " ",
        command,
        Stream.concat(
                longNames(option).sorted(),
                Stream.of(option.names()).filter(name -> !name.startsWith("--")))
            .collect(Collectors.joining(",")),
        ends ? "-" : variables,
        orNone(option.defaultValue()),
        kind(option, ends),
        orNone(words(option)));
  }

  private static Stream<String> longNames(OptionSpec option) {
    return Stream.of(option.names()).filter(name -> name.startsWith("--"));
  }

  private static String kind(OptionSpec option, boolean ends) {
    if (ends) {
      return "ends";
    }
    if (option.type() == boolean.class) {
      return "flag";
    }
    if (option.isMultiValue()) {
      return "list";
    }
    return option.arity().min() == 0 ? "value-or-" + option.fallbackValue() : "value";
  }

  private static String words(OptionSpec option) {
    Iterable<String> words = option.completionCandidates();
    return words == null || option.type() == boolean.class
        ? ""
        : StreamSupport.stream(words.spliterator(), false)
            .sorted()
            .collect(Collectors.joining(","));
  }

  private static String orNone(String text) {
    return text == null || text.isEmpty() ? "-" : text;
  }
}
