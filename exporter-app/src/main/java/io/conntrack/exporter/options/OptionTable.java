package io.conntrack.exporter.options;

import static io.conntrack.exporter.options.OptionRow.flag;
import static io.conntrack.exporter.options.OptionRow.list;
import static io.conntrack.exporter.options.OptionRow.optional;
import static io.conntrack.exporter.options.OptionRow.setting;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The options: names, defaults and the words of {@code --help}. Built by calls instead of
 * annotations, so that picocli needs no reflection into this module.
 */
public final class OptionTable {
  /** The commands; without one the words are options of the daemon. */
  static final String CHECK = "check";

  static final String TOP = "top";

  /** The daemon's options that its help shows. It takes all of them. */
  private static final Set<String> SHOWN_BY_CHECK =
      Set.of(
          "--bind-address",
          "--listen-port",
          "--web.listen-address",
          "--web.systemd-socket",
          "--web.config.file",
          "--rules",
          "--protocols",
          "--netns",
          "--accounting",
          "--histograms",
          "--sources",
          "--no-events",
          "--netlink-buffer",
          "--help");

  private OptionTable() {}

  static boolean isCommand(String word) {
    return word.equals(CHECK) || word.equals(TOP);
  }

  /** All options of all commands. */
  public static CommandSpec spec() {
    return spec(List.of(CHECK, TOP));
  }

  /**
   * For a command line. A command that is not among its words has no options: they would take time
   * at each start.
   */
  static CommandSpec spec(List<String> words) {
    CommandSpec spec = CommandSpec.create().name("conntrack-exporter").usageMessage(usage());
    rows("").forEach(row -> spec.addOption(row.spec(false)));
    return spec.addSubcommand(CHECK, command(CHECK, checkUsage(), words, SHOWN_BY_CHECK))
        .addSubcommand(TOP, command(TOP, TopTable.usage(), words, TopTable.SHOWN));
  }

  private static CommandSpec command(
      String name, UsageMessageSpec usage, List<String> words, Set<String> shown) {
    CommandSpec spec = CommandSpec.create().name(name).usageMessage(usage);
    if (words.contains(name)) {
      List<OptionRow> own = own(name);
      for (OptionRow row : rows(name)) {
        boolean isOwn = spec.options().size() < own.size(); // those come first
        spec.addOption(row.spec(!isOwn && !shown.contains(row.name())));
      }
    }
    return spec;
  }

  private static List<OptionRow> own(String command) {
    return switch (command) {
      case CHECK -> List.of(flag("--json").description("Print one JSON document instead of text"));
      case TOP -> TopTable.own();
      default -> List.of();
    };
  }

  /**
   * The options of a command, or of the daemon, whose name is empty. Each command takes the
   * daemon's too, so it can be run with the same words. Its own come first.
   */
  static List<OptionRow> rows(String command) {
    List<OptionRow> rows = new ArrayList<>(own(command));
    Set<String> own = new HashSet<>();
    for (OptionRow row : rows) {
      own.add(row.name());
    }
    for (List<OptionRow> group :
        List.of(
            listening(),
            choosing(),
            logging(),
            labelling(),
            showing(),
            bounding(),
            reading(),
            ending())) {
      for (OptionRow row : group) {
        if (!own.contains(row.name())) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static List<OptionRow> listening() {
    return List.of(
        setting("ADDRESS", "[::]", "-b", "--bind-address")
            .description(
                "Address to listen on, or a name of this host (default:"
                    + " ${DEFAULT-VALUE}, every address of IPv4 and IPv6)"),
        setting("PORT", "9318", "-l", "--listen-port")
            .description(
                "Port to listen on, 0 to 65535. 0 takes a free port, and the log names"
                    + " it (default: ${DEFAULT-VALUE})"),
        setting("PATH", "/metrics", "-p", "--listen-path", "--web.telemetry-path")
            .description("Path of the metrics (default: ${DEFAULT-VALUE})"),
        list("[ADDRESS]:PORT", "--web.listen-address")
            .description(
                "Address and port to listen on, in place of the first two, as"
                    + " Prometheus' own programs spell it. Repeat it for several"),
        flag("--web.systemd-socket")
            .description(
                "Listen on the sockets that systemd hands over, as a socket unit says, and"
                    + " on no other"),
        setting("FILE", "", "--web.config.file")
            .description(
                "YAML file with TLS, users, headers and a rate limit, in the format of"
                    + " Prometheus' own programs. The file, its certificates and keys are read"
                    + " again when they have changed"),
        setting("NUMBER", "0", "--web.max-requests")
            .description(
                "Answer at most so many scrapes at once, 0 to 10000. Further ones get 503."
                    + " 0 is no limit (default: ${DEFAULT-VALUE})"),
        flag("--web.disable-page")
            .description("Leave out the page of endpoints at /, and its data at /-/endpoints"),
        flag("--web.disable-exporter-metrics")
            .description(
                "Leave out the metrics of this process and its JVM (process_*, jvm_*),"
                    + " as in node_exporter"));
  }

  private static List<OptionRow> choosing() {
    return List.of(
        setting("HOST,...", "", "-i", "--ignore-hosts")
            .description(
                "Remote hosts to leave out of metrics and event log: addresses or"
                    + " networks, with or without a port, such as 10.0.1.5:3306, 10.2.0.0/16"
                    + " or [2001:db8::1]:443"),
        setting("FILE", "", "--rules")
            .description(
                "YAML file with rules. They name, sum up or leave out remote hosts by"
                    + " network, port, direction and protocol, and sources by network. The file is read again when it"
                    + " has changed"),
        list("SOURCE", "--names")
            .description(
                "Names for addresses, as the label name of conntrack_endpoint_info: hosts"
                    + " (/etc/hosts), a file of addresses or networks with names, or dns."
                    + " The first that has a name counts. Files are read again when they have"
                    + " changed. Repeat it for several"),
        list("[NAME=]PATH", "--netns")
            .description(
                "Show other network namespaces too, with the label netns: a file such"
                    + " as /run/netns/blue, or a pattern such as /run/netns/*. The label is"
                    + " NAME, or the last part of the path. Repeat it for several. It needs"
                    + " CAP_SYS_ADMIN too"),
        setting("NAME,...", "tcp", "--protocols")
            .completionCandidates(List.of("tcp", "udp", "sctp", "icmp"))
            .description(
                "Count connections of these protocols: tcp, udp, sctp, icmp (with"
                    + " ICMPv6). Several have the label protocol (default: ${DEFAULT-VALUE})"));
  }

  private static List<OptionRow> logging() {
    return List.of(
        flag("-e", "--log-events").description("Log connection events on standard output"),
        setting("FORMAT", "netfilter", "-f", "--log-events-format")
            .completionCandidates(List.of("netfilter", "json"))
            .description("Format of the event log: netfilter or json (default: ${DEFAULT-VALUE})"),
        setting("TYPE,...", "new,update,destroy", "--log-events-types")
            .completionCandidates(List.of("new", "update", "destroy"))
            .description("Log events of these types only (default: ${DEFAULT-VALUE})"),
        setting("1/N", "1/1", "--log-events-sample")
            .description(
                "Log one flow of N, with all its events, 1/1 to 1/1000000. Which one a hash"
                    + " of its addresses and ports decides, so it is the same on all hosts"
                    + " (default: ${DEFAULT-VALUE})"),
        setting("LEVEL", "info", "--log.level")
            .completionCandidates(List.of("debug", "info", "warn", "error"))
            .description(
                "Level of the exporter's own log on standard error: debug, info, warn"
                    + " or error (default: ${DEFAULT-VALUE})"),
        setting("FORMAT", "", "--log.format")
            .completionCandidates(List.of("text", "json", "journal"))
            .description(
                "Format of that log: text, json, or journal (for systemd: a priority and no"
                    + " time). Default: journal where the log leads to the journal, else text"),
        flag("-d", "--debug").description("The same as --log.level=debug"));
  }

  private static List<OptionRow> labelling() {
    return List.of(
        flag("--client-ports")
            .description(
                "Label inbound connections with the client's address and port, a series"
                    + " for each connection, in place of the address alone"),
        flag("--direction-label")
            .description("Label connections with their direction: outbound, inbound or forwarded"),
        flag("--zones")
            .description("Label connections with their conntrack zone, ct_zone. No zone is 0"),
        setting("WHICH", "default", "--nat")
            .completionCandidates(List.of("default", "real", "service", "both"))
            .description(
                "Which address to show where NAT sends a connection to another server"
                    + " than was dialled. real: the real server. service: what was dialled."
                    + " both: the real server, and what was dialled as the label service."
                    + " default: what this host dialled; for forwarded connections the real"
                    + " server"));
  }

  private static List<OptionRow> showing() {
    return List.of(
        setting("WHICH", "four", "--states")
            .completionCandidates(List.of("four", "raw"))
            .description(
                "raw shows TCP's own states too, nine more series an endpoint (default:"
                    + " ${DEFAULT-VALUE})"),
        flag("--accounting")
            .description(
                "Show bytes and packets sent and received, four more series an"
                    + " endpoint. It needs nf_conntrack_acct=1, and up to 60 bytes more for"
                    + " each flow"),
        optional("FORM", "false", "native", "--histograms")
            .completionCandidates(List.of("native", "classic", "both"))
            .description(
                "Show how long connections took to open, and how long they lived: two"
                    + " histograms an endpoint, with native buckets, or with classic ones, or"
                    + " both. It needs up to 15 bytes more for each flow, and 1.4 kB for each"
                    + " endpoint (FORM if not told: native)"),
        optional("FORM", "false", "address", "--sources")
            .completionCandidates(List.of("address", "prefix"))
            .description(
                "Show connections by the end that opened them too, some eight series a"
                    + " source: its address before NAT, without the port. Those of this host are"
                    + " source=\"self\". prefix: an IPv6 source by its /64. It needs up to 15"
                    + " bytes more for each flow (FORM if not told: address)"),
        flag("--created-series")
            .description(
                "In OpenMetrics, show since when each counter of an endpoint counts, as a"
                    + " series with _created. Protobuf always tells it"),
        optional("NUMBER", "false", "1000", "--local-ports")
            .description(
                "Show how many local ports connections to a server take, if they are more than"
                    + " this, 100 to 65535, for at most 100 pairs of a server and a local address"
                    + " (NUMBER if not told: 1000)"),
        flag("--per-cpu")
            .description(
                "Show the kernel's counters (conntrack_stat_*) for each CPU, with the"
                    + " label cpu, in place of the sum"));
  }

  private static List<OptionRow> bounding() {
    return List.of(
        setting("TIME", "5m", "--endpoint-retention")
            .description(
                "Show a remote endpoint, at zero, for this long after its last"
                    + " connection, 0 to 24h (default: ${DEFAULT-VALUE})"),
        setting("NUMBER", "10000", "--max-endpoints")
            .description(
                "Show at most so many remote endpoints, some eight series each. Clients"
                    + " take at most half. The endpoints with the most connections are shown;"
                    + " the rest is summed under host=\"other\" (default: ${DEFAULT-VALUE})"),
        setting("NUMBER", "1000", "--max-sources")
            .description(
                "With --sources, show at most so many of them. The sources with the most"
                    + " connections are shown; the rest is summed under source=\"other\""
                    + " (default: ${DEFAULT-VALUE})"),
        setting("NUMBER", "", "--max-flows")
            .description(
                "Track at most so many flows, at up to 40 bytes each (default: a"
                    + " quarter more than the kernel's nf_conntrack_max)"));
  }

  private static List<OptionRow> reading() {
    return List.of(
        setting("TIME", "", "--resync-interval")
            .description(
                "Compare with the kernel's whole table this often, 100ms to 24h (default: 30s, and"
                    + " up to 5m where that takes more than 1%% of a core or nothing happens)"),
        flag("--no-events")
            .description(
                "Do not listen to the kernel's events, so that they cost packets"
                    + " nothing. Compare with its table more often instead, as far as that"
                    + " takes 2%% of a core"),
        setting("SIZE", "64MiB", "--netlink-buffer")
            .description(
                "Receive buffer for the kernel's events, 64KiB to 1GiB (default:"
                    + " ${DEFAULT-VALUE})"));
  }

  private static List<OptionRow> ending() {
    return List.of(
        flag("--once").description("Print the metrics of this moment on standard output, and end"),
        flag("--health-check")
            .description(
                "Ask the exporter that runs here with the same options whether it is"
                    + " healthy, and end. The exit code is 0 if it is, else 1"),
        OptionRow.ending(OptionRow.Kind.VERSION, "-V", "--version")
            .description("Print the version, and end"),
        OptionRow.ending(OptionRow.Kind.HELP, "-h", "--help")
            .description("Print this help, and end"));
  }

  private static UsageMessageSpec usage() {
    return new UsageMessageSpec()
        .width(80)
        .longOptionsMaxWidth(27)
        .sortOptions(false)
        .customSynopsis(
            "conntrack-exporter [OPTION]...",
            "conntrack-exporter check [OPTION]...",
            "conntrack-exporter top [OPTION]...")
        .commandListHeading("%nWith a command it does something else:%n")
        .description(
            "",
            "Shows this host's connections to Prometheus, counted by remote endpoint and"
                + " state, as the kernel's connection tracking sees them. It only reads.",
            "")
        .footer(
            "",
            "Each option can come from a variable instead. The command line wins:",
            "  --listen-port=9101 is CONNTRACK_EXPORTER_LISTEN_PORT=9101",
            "  --client-ports is CONNTRACK_EXPORTER_CLIENT_PORTS=true",
            "A comma separates the values of an option that can be repeated:",
            "  CONNTRACK_EXPORTER_NETNS=/run/netns/blue,/run/docker/netns/*",
            "",
            "Reading connection tracking needs root or the capability CAP_NET_ADMIN.",
            "Exit codes: 0 when it ended as told, 1 when the machine refused something,",
            "2 for a bad option.");
  }

  private static UsageMessageSpec checkUsage() {
    return new UsageMessageSpec()
        .width(80)
        .longOptionsMaxWidth(27)
        .sortOptions(false)
        .customSynopsis("conntrack-exporter check [OPTION]...")
        .description(
            "Tells whether this host has what the exporter needs, and what to do if not."
                + " It changes nothing.",
            "",
            "It looks at this network namespace: rights, libraries, the kernel's interface, whether"
                + " connections are tracked, settings, receive buffer, the size of the table,"
                + " timeouts, flow offload, rules that never match, and whether the port is free. It"
                + " takes the options and variables of the daemon. These matter:",
            "")
        .footer(
            "",
            "Exit codes:",
            "  0  all is well",
            "  1  the exporter works, but lacks something that you may want; or the output",
            "     cannot be written",
            "  2  the exporter cannot work; or the kernel's table is full to 95%% or more; or",
            "     an option is bad");
  }
}
