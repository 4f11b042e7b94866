import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Shows what the exporter serves as a table of 79 columns, drawn over the one before. */
final class Screen {
  private static final List<String> STATES = List.of("opening", "open", "closing", "closed");
  private static final Pattern CONNECTIONS =
      Pattern.compile("(?m)^conntrack_([a-z]+)_connections\\{host=\"(.*)\"} (.*)$");
  private static final Pattern EVENTS =
      Pattern.compile("(?m)^conntrack_exporter_events_total\\{.*} (.*)$");
  private static final int NORMAL = 0;
  private static final int BOLD = 1;
  private static final int FAINT = 2;

  private final String url;
  private final Map<String, String> remotes;
  private final boolean isTerminal;
  private int linesDrawn;

  /** A screen for the exporter at this address, and for these hosts with what happens there. */
  Screen(String url, Map<String, String> remotes, boolean isTerminal) {
    this.url = url;
    this.remotes = remotes;
    this.isTerminal = isTerminal;
  }

  /** Draws one document of metrics; false when there is nobody left who sees it. */
  boolean show(String metrics) {
    List<String> lines = lines(metrics);
    String text = String.join("\n", lines) + "\n";
    if (isTerminal) {
      // Up to where the last one began. No line may wrap, lest the count of lines is wrong.
      String up = linesDrawn == 0 ? "" : "\033[" + linesDrawn + "F\033[J";
      text = up + "\033[?7l" + text + "\033[?7h";
    }
    System.out.print(text);
    linesDrawn = lines.size();
    return !System.out.checkError();
  }

  private List<String> lines(String metrics) {
    Map<String, int[]> hosts = connections(metrics);
    String titles = STATES.stream().map("%9s"::formatted).collect(joining());
    int[] sum = new int[STATES.size()];
    hosts.values().forEach(counts -> Arrays.setAll(sum, state -> sum[state] + counts[state]));

    var lines = new ArrayList<String>();
    lines.add("");
    lines.add("conntrack-exporter on a private host; another one plays the rest of the world.");
    lines.add("");
    lines.add(styled(BOLD, row("remote host", titles, "what happens there")));
    hosts.forEach((host, counts) -> lines.add(row(host, counts)));
    lines.add(row("sum", sum));
    lines.add("");
    lines.add("Metrics:  " + styled(BOLD, url + "/metrics") + ", for your shell and browser.");
    lines.add("Events:   " + events(metrics) + " from the kernel so far.");
    lines.add("Ctrl-C ends the demo; it leaves nothing behind.");
    return lines;
  }

  /** The counts of each remote host, in the order of the states. */
  private Map<String, int[]> connections(String metrics) {
    var hosts = new LinkedHashMap<String, int[]>();
    remotes.keySet().forEach(host -> hosts.put(host, new int[STATES.size()]));
    for (MatchResult sample : CONNECTIONS.matcher(metrics).results().toList()) {
      int[] counts = hosts.computeIfAbsent(sample.group(2), host -> new int[STATES.size()]);
      counts[STATES.indexOf(sample.group(1))] = (int) Double.parseDouble(sample.group(3));
    }
    return hosts;
  }

  private static long events(String metrics) {
    return EVENTS
        .matcher(metrics)
        .results()
        .mapToLong(sample -> (long) Double.parseDouble(sample.group(1)))
        .sum();
  }

  private String row(String host, int[] counts) {
    // Zeros are faint, so that the eye finds what there is.
    String numbers =
        Arrays.stream(counts)
            .mapToObj(count -> styled(count == 0 ? FAINT : NORMAL, "%9d".formatted(count)))
            .collect(joining());
    return row(host, numbers, remotes.getOrDefault(host, ""));
  }

  private static String row(String host, String numbers, String remark) {
    return "%-22s%s   %s".formatted(host, numbers, remark).stripTrailing();
  }

  private String styled(int style, String text) {
    return isTerminal ? "\033[" + style + "m" + text + "\033[m" : text;
  }
}
