package io.conntrack.exporter.options;

import static io.conntrack.exporter.options.OptionRow.flag;
import static io.conntrack.exporter.options.OptionRow.setting;

import io.conntrack.exporter.options.TopSettings.Where;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The options of {@code top}, and how their values are read. */
final class TopTable {
  /** The daemon's options that the help shows. All are taken, for the reading of its own. */
  static final Set<String> SHOWN =
      Set.of(
          "--bind-address",
          "--listen-port",
          "--web.listen-address",
          "--ignore-hosts",
          "--rules",
          "--netns",
          "--protocols",
          "--client-ports",
          "--direction-label",
          "--zones",
          "--nat",
          "--accounting",
          "--histograms",
          "--max-endpoints",
          "--no-events",
          "--help");

  private static final String KERNEL = "none";
  private static final int MOST = 1_000;
  private static final int LONGEST_FILTER = 200;

  /** The exporter makes new numbers no more often. */
  private static final Duration SHORTEST = Duration.ofSeconds(2);

  private TopTable() {}

  static List<OptionRow> own() {
    return List.of(
        setting("URL", "", "--url")
            .description(
                "Ask the exporter at http://HOST:PORT or https://HOST:PORT, with"
                    + " USER:PASSWORD@ before HOST if it wants them. Default: the one that runs"
                    + " here, or else the kernel. none: the kernel, even if one runs here"),
        setting("FILE", "", "--password-file")
            .description("The first line is the password of the user in the URL"),
        setting("FILE", "", "--ca-file")
            .description("Trust the certificates in this PEM file, and no others"),
        flag("--insecure").description("Take any certificate of the exporter"),
        setting("COLUMN", "failed", "--sort")
            .completionCandidates(TopSettings.SORTS)
            .description(
                "Sort by " + String.join(", ", TopSettings.SORTS) + " (default: ${DEFAULT-VALUE})"),
        flag("--reverse").description("Sort the other way round"),
        setting("TEXT", "", "--filter")
            .description(
                "Only endpoints with this text in a label or their name, 200 characters at most"),
        setting("NUMBER", "50", "--limit")
            .description("At most so many endpoints, 1 to 1000 (default: ${DEFAULT-VALUE})"),
        setting("TIME", "2s", "--interval")
            .description("Time between two readings, 2s to 24h (default: ${DEFAULT-VALUE})"),
        flag("--once")
            .description(
                "Print the table once, after two readings, and end. So it does where it has"
                    + " no terminal"),
        flag("--json")
            .description(
                "Print the data as JSON, a document a line, at each interval; with --once one"
                    + " document"));
  }

  static UsageMessageSpec usage() {
    return new UsageMessageSpec()
        .width(80)
        .longOptionsMaxWidth(27)
        .sortOptions(false)
        .customSynopsis("conntrack-exporter top [OPTION]...")
        .description(
            "Shows the remote endpoints of now in a terminal, and marks those that fail. It is"
                + " the same as the page at /.",
            "",
            "It asks the exporter that runs here. If none does, it reads the kernel itself, as"
                + " the exporter would with the same options. These are its own options, and those"
                + " of the exporter that matter:",
            "")
        .footer(
            "",
            "Keys: ? lists them, q ends.",
            "NO_COLOR turns colours off.",
            "",
            "Exit codes:",
            "  0  it ended as told",
            "  1  the exporter cannot be asked, the kernel cannot be read, or the output",
            "     cannot be written",
            "  2  an option is bad");
  }

  static Where where(String text) {
    if (text.isEmpty() || text.equals(KERNEL)) {
      return new Where(Optional.empty(), text.equals(KERNEL));
    }
    String rule = "http://HOST:PORT or https://HOST:PORT such as http://127.0.0.1:9318, or none";
    try {
      URI url = URI.create(text);
      boolean usable =
          ("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()))
              && url.getHost() != null
              && url.getPort() <= 65535
              && url.getQuery() == null
              && url.getFragment() == null;
      return new Where(Optional.of(Values.require(usable, url, rule)), false);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(rule, e);
    }
  }

  static String sort(String text) {
    String word = text.toLowerCase(Locale.ROOT);
    return Values.require(
        TopSettings.SORTS.contains(word), word, "one of " + String.join(", ", TopSettings.SORTS));
  }

  static int limit(String text) {
    int limit = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    return Values.require(limit >= 1 && limit <= MOST, limit, "a whole number from 1 to " + MOST);
  }

  static String filter(String text) {
    return Values.require(
        text.length() <= LONGEST_FILTER, text, "at most " + LONGEST_FILTER + " characters long");
  }

  static Duration interval(String text) {
    return Values.duration(text, SHORTEST, "a time from 2s to 24h such as 2s, 30s or 1m30s");
  }
}
