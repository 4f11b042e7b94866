package io.conntrack.exporter.options;

import io.conntrack.exporter.terms.UsageException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Takes any words apart, by picocli: commands, short options in one word, {@code --help}, and what
 * is wrong.
 *
 * @param command empty for the daemon
 * @param rows the options of the command
 * @param given the values that each option is given
 */
record PicocliWords(String command, List<OptionRow> rows, Map<OptionRow, List<String>> given) {
  static PicocliWords parse(String... words) throws UsageException {
    try {
      ParseResult all = commandLine(words).parseArgs(words);
      String command = all.hasSubcommand() ? all.subcommand().commandSpec().name() : "";
      ParseResult parsed = command.isEmpty() ? all : command(all);
      List<OptionRow> rows = OptionTable.rows(command);
      Map<OptionRow, List<String>> given = new HashMap<>();
      for (OptionRow row : rows) {
        OptionSpec spec = parsed.commandSpec().findOption(row.name());
        if (parsed.hasMatchedOption(spec)) {
          given.put(row, values(spec));
        }
      }
      return new PicocliWords(command, rows, given);
    } catch (ParameterException e) {
      throw usageException(e);
    }
  }

  private static List<String> values(OptionSpec spec) {
    return spec.isMultiValue() ? spec.originalStringValues() : List.of(spec.getValue().toString());
  }

  /** What belongs to the command. An option before it would be lost. */
  private static ParseResult command(ParseResult parsed) throws UsageException {
    String command = parsed.subcommand().commandSpec().name();
    if (!parsed.matchedOptions().isEmpty()) {
      String option = name(parsed.matchedOptions().getFirst());
      throw new UsageException(
          option + ": must come after " + command + ", as in '" + command + " " + option + "'");
    }
    return parsed.subcommand();
  }

  /** The text of {@code --help}, of the daemon or of a command, at most 80 columns wide. */
  static String help(String command) {
    CommandLine daemon = commandLine(command);
    CommandLine one = command.isEmpty() ? daemon : daemon.getSubcommands().get(command);
    return one.getUsageMessage(Ansi.OFF);
  }

  private static UsageException usageException(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      return new UsageException(
          (word.startsWith("-") ? "unknown option " : "only options are taken, not the word ")
              + word
              + NearestOption.hint(word, e.getCommandLine()));
    }
    if (e instanceof MissingParameterException missing) {
      OptionSpec option = (OptionSpec) missing.getMissing().getFirst();
      return new UsageException(
          name(option) + ": needs a value, as in " + name(option) + "=" + option.paramLabel());
    }
    // Only flags are left. They are the only options whose values picocli reads itself.
    String flag = name((OptionSpec) e.getArgSpec());
    return new UsageException(flag + "=" + e.getValue() + ": must be true or false");
  }

  /** The first long name; what follows it is another spelling. */
  private static String name(OptionSpec option) {
    for (String name : option.names()) {
      if (name.startsWith("--")) {
        return name;
      }
    }
    throw new AssertionError(option); // each has one
  }

  private static CommandLine commandLine(String... words) {
    // A later word wins over an earlier one, so that a wrapper's options can be overridden.
    return new CommandLine(OptionTable.spec(List.of(words)))
        .setOverwrittenOptionsAllowed(true)
        .setExpandAtFiles(false);
  }
}
