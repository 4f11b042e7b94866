package io.conntrack.exporter.options;

import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The options: names, defaults and the words of {@code --help}. Built by calls instead of
 * annotations, so that picocli needs no reflection into this module.
 */
public final class OptionTable {
  /** The one command; without it the words are options of the daemon. */
  static final String CHECK = "check";

  /** What its help shows of the daemon's options; it takes all of them. */
  private static final Set<String> SHOWN_BY_CHECK =
      Set.of(
          "--bind-address",
          "--listen-port",
          "--web.listen-address",
          "--rules",
          "--protocols",
          "--netns",
          "--accounting",
          "--histograms",
          "--no-events",
          "--netlink-buffer",
          "--help");

  private OptionTable() {}

  public static CommandSpec spec() {
    return daemon().addSubcommand(CHECK, check());
  }

  /** The daemon's options too, so that a check can be asked for with those of the daemon. */
  private static CommandSpec check() {
    CommandSpec check = CommandSpec.create().name(CHECK).usageMessage(checkUsage());
    check.addOption(flag("--json").description("Print one JSON document instead of text").build());
    for (OptionSpec option : daemon().options()) {
      boolean shown = SHOWN_BY_CHECK.contains(option.longestName());
      check.addOption(OptionSpec.builder(option).hidden(!shown).build());
    }
    return check;
  }

  private static CommandSpec daemon() {
    CommandSpec spec = CommandSpec.create().name("conntrack-exporter").usageMessage(usage());
    spec.addOption(
        setting("ADDRESS", "[::]", "-b", "--bind-address")
            .description(
                "IP address to listen on, or a name of this host"
                    + " (default: ${DEFAULT-VALUE}, which is every address,"
                    + " IPv4 and IPv6)")
            .build());
    spec.addOption(
        setting("PORT", "9318", "-l", "--listen-port")
            .description(
                "Port to listen on, 0 to 65535; 0 takes a free port and logs which"
                    + " (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("PATH", "/metrics", "-p", "--listen-path", "--web.telemetry-path")
            .description("Path of the metrics (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("[ADDRESS]:PORT", "", "--web.listen-address")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .hideParamSyntax(true)
            .description(
                "Address and port to listen on, instead of --bind-address and --listen-port, as"
                    + " Prometheus' own programs spell it; repeat it for several")
            .build());
    spec.addOption(
        flag("--web.disable-exporter-metrics")
            .description(
                "Leave out the metrics of this process and its JVM (process_*, jvm_*), as with"
                    + " node_exporter")
            .build());
    spec.addOption(
        setting("HOST,...", "", "-i", "--ignore-hosts")
            .description(
                "Remote hosts to leave out of metrics and event log: addresses or networks, with or"
                    + " without a port, such as 10.0.1.5:3306, 10.2.0.0/16 or [2001:db8::1]:443")
            .build());
    spec.addOption(
        setting("FILE", "", "--rules")
            .description(
                "YAML file with rules that name, sum or leave out remote hosts by network, port,"
                    + " direction and protocol; read again when it has changed")
            .build());
    spec.addOption(
        flag("-e", "--log-events").description("Log connection events on standard output").build());
    spec.addOption(
        setting("FORMAT", "netfilter", "-f", "--log-events-format")
            .completionCandidates(List.of("netfilter", "json"))
            .description("Format of these: netfilter or json (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("[NAME=]PATH", "", "--netns")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .hideParamSyntax(true)
            .description(
                "Show other network namespaces too, with the label netns, which is NAME or the last"
                    + " part of the path: a file such as /run/netns/blue, or a pattern such as"
                    + " /run/netns/*; repeat it for several. Needs CAP_SYS_ADMIN too")
            .build());
    spec.addOption(
        flag("--once")
            .description("Print the metrics of this moment on standard output, and end")
            .build());
    spec.addOption(
        flag("--health-check")
            .description(
                "Ask the exporter that runs here with the same options whether it is healthy, and"
                    + " end: with exit code 0 if it is, else with 1")
            .build());
    spec.addOption(
        setting("TIME", "30s", "--resync-interval")
            .description(
                "Compare with the kernel's whole table at least this often, 100ms to 24h"
                    + " (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("TIME", "5m", "--endpoint-retention")
            .description(
                "Show a remote endpoint, at zero, for this long after its last connection,"
                    + " 0 to 24h (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("NUMBER", "10000", "--max-endpoints")
            .description(
                "Show at most so many remote endpoints, some eight series each, inbound clients at"
                    + " most half as many; of more, those with the most connections, and the rest"
                    + " summed under host=\"other\" (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("NUMBER", "", "--max-flows")
            .description(
                "Track at most so many flows, at up to 40 bytes each (default: a quarter more"
                    + " than the kernel's nf_conntrack_max)")
            .build());
    spec.addOption(
        flag("--client-ports")
            .description(
                "Label inbound connections with the client's address and port, one series"
                    + " for each connection, instead of the address alone")
            .build());
    spec.addOption(
        setting("NAME,...", "tcp", "--protocols")
            .completionCandidates(List.of("tcp", "udp", "sctp", "icmp"))
            .description(
                "Count flows of these: tcp, udp, sctp, icmp (with ICMPv6); of more than one, label"
                    + " them with their protocol (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        flag("--direction-label")
            .description(
                "Tell apart which way connections go: label them direction=\"outbound\","
                    + " \"inbound\" or \"forwarded\"")
            .build());
    spec.addOption(
        flag("--zones")
            .description("Tell conntrack zones apart, with the label ct_zone; no zone is 0")
            .build());
    spec.addOption(
        setting("WHICH", "four", "--states")
            .completionCandidates(List.of("four", "raw"))
            .description(
                "raw shows connections by TCP's own states too, nine more series an endpoint"
                    + " (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        flag("--accounting")
            .description(
                "Show bytes and packets sent and received, four more series an endpoint; needs"
                    + " nf_conntrack_acct=1, and up to 60 bytes more for each flow")
            .build());
    spec.addOption(
        flag("--histograms")
            .description(
                "Show how long connections took to open, and how long they lived, as native"
                    + " histograms, two an endpoint; up to 15 bytes more for each flow and 1.4 kB"
                    + " for each endpoint")
            .build());
    spec.addOption(
        setting("WHICH", "default", "--nat")
            .completionCandidates(List.of("default", "real", "service", "both"))
            .description(
                "Where NAT sends connections to another server than was dialled, show: real, the"
                    + " real server; service, what was dialled; both, the real server with the"
                    + " other as label service; default, what this host dialled, and of forwarded"
                    + " connections the real server")
            .build());
    spec.addOption(
        flag("--per-cpu")
            .description(
                "Show what the kernel counts (conntrack_stat_*) for each CPU, with the label cpu,"
                    + " instead of the sum")
            .build());
    spec.addOption(
        flag("--no-events")
            .description(
                "Do not listen to the kernel's events, so that they cost packets nothing; compare"
                    + " with its table more often instead, as far as that takes 2%% of a core")
            .build());
    spec.addOption(
        setting("SIZE", "64MiB", "--netlink-buffer")
            .description(
                "Receive buffer for the kernel's events, 64KiB to 1GiB"
                    + " (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(
        setting("LEVEL", "info", "--log.level")
            .completionCandidates(List.of("debug", "info", "warn", "error"))
            .description(
                "What the exporter says of itself on standard error: debug, info, warn or error"
                    + " (default: ${DEFAULT-VALUE})")
            .build());
    spec.addOption(flag("-d", "--debug").description("The same as --log.level=debug").build());
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print the version, and end")
            .build());
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .description("Print this help, and end")
            .build());
    return spec;
  }

  private static OptionSpec.Builder setting(String label, String value, String... names) {
    return OptionSpec.builder(names).type(String.class).paramLabel(label).defaultValue(value);
  }

  /** Takes "=false" too, so that the command line can undo what a variable turned on. */
  private static OptionSpec.Builder flag(String... names) {
    return OptionSpec.builder(names).type(boolean.class).defaultValue("false");
  }

  private static UsageMessageSpec usage() {
    return new UsageMessageSpec()
        .width(80)
        .longOptionsMaxWidth(27)
        .sortOptions(false)
        .customSynopsis("conntrack-exporter [OPTION]...", "conntrack-exporter check [OPTION]...")
        .commandListHeading("%nWith a command it does something else:%n")
        .description(
            "",
            "Shows this host's connections to Prometheus, counted by remote endpoint and"
                + " state, as the kernel's connection tracking sees them. It only reads.",
            "")
        .footer(
            "",
            "Each option can come from the environment instead; the command line wins:",
            "  --listen-port=9101 is CONNTRACK_EXPORTER_LISTEN_PORT=9101,",
            "  --client-ports is CONNTRACK_EXPORTER_CLIENT_PORTS=true.",
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
            "Tells whether this host has what the exporter needs, and what to do where it lacks"
                + " something.",
            "",
            "Looks, in this network namespace, at the capability, the libraries, the kernel's"
                + " interface, whether connections are tracked at all, the kernel's settings, the"
                + " receive buffer, the table's size, timeouts, flow offload, rules that never"
                + " match, and whether the port is free. It changes nothing. Takes the options and variables of the daemon; of those, these"
                + " matter:",
            "")
        .footer(
            "",
            "Exit codes: 0 if all is well; 1 if the exporter works, but lacks something that",
            "you may want; 2 if it can't work, or the kernel's table is full to 95%% or more;",
            "also 2 for a bad option and 1 for an output that can't be written, with a",
            "message on standard error.");
  }
}
