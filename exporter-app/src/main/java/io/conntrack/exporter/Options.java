package io.conntrack.exporter;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line and the environment of one start, turned into a {@link Configuration}.
 *
 * <p>Every option can also come from a variable: {@code --listen-port} is {@code
 * CONNTRACK_EXPORTER_LISTEN_PORT}. The command line wins. An empty variable counts as unset, and
 * other variables with that prefix are left alone: Kubernetes sets some, such as {@code
 * CONNTRACK_EXPORTER_PORT}, for a service that is named conntrack-exporter.
 */
final class Options {
  private static final String VARIABLE_PREFIX = "CONNTRACK_EXPORTER_";

  private final ParseResult parsed;
  private final Map<String, String> environment;

  private Options(ParseResult parsed, Map<String, String> environment) {
    this.parsed = parsed;
    this.environment = environment;
  }

  /** Takes the words apart; values are looked at by {@link #configuration}. */
  static Options parse(String[] words, Map<String, String> environment) throws UsageException {
    try {
      return new Options(commandLine().parseArgs(words), environment);
    } catch (ParameterException e) {
      throw usageException(e);
    }
  }

  /** The text of {@code --help}, at most 80 columns wide. */
  static String help() {
    return commandLine().getUsageMessage(Ansi.OFF);
  }

  boolean helpRequested() {
    return parsed.isUsageHelpRequested();
  }

  boolean versionRequested() {
    return parsed.isVersionHelpRequested();
  }

  /** Checks every value, wherever it came from. */
  Configuration configuration() throws UsageException {
    return new Configuration(
        new InetSocketAddress(
            value("--bind-address", Values::address), value("--listen-port", Values::port)),
        value("--listen-path", Values::path),
        value("--once", Values::flag),
        value("--resync-interval", Values::resyncInterval),
        value("--endpoint-retention", Values::endpointRetention),
        value("--client-ports", Values::flag),
        value("--netlink-buffer", Values::bufferBytes));
  }

  private <T> T value(String option, Function<String, T> parser) throws UsageException {
    OptionSpec spec = parsed.commandSpec().findOption(option);
    String variable = variable(option);
    String inEnvironment = environment.getOrDefault(variable, "");
    if (parsed.hasMatchedOption(spec)) {
      return value(option, spec.getValue().toString(), parser);
    }
    return inEnvironment.isEmpty()
        ? parser.apply(spec.defaultValue())
        : value(variable, inEnvironment, parser);
  }

  private static <T> T value(String source, String text, Function<String, T> parser)
      throws UsageException {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new UsageException(source + "=" + text + ": must be " + e.getMessage());
    }
  }

  private static String variable(String option) {
    return VARIABLE_PREFIX + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
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
          option.longestName()
              + ": needs a value, as in "
              + option.longestName()
              + "="
              + option.paramLabel());
    }
    // What is left are the flags, the only options whose values picocli reads itself.
    String flag = ((OptionSpec) e.getArgSpec()).longestName();
    return new UsageException(flag + "=" + e.getValue() + ": must be true or false");
  }

  private static CommandLine commandLine() {
    // A later word wins over an earlier one, so that a wrapper's options can be overridden.
    return new CommandLine(OptionTable.spec())
        .setOverwrittenOptionsAllowed(true)
        .setExpandAtFiles(false);
  }
}
