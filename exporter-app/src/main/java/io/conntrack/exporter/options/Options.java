package io.conntrack.exporter.options;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.HostPattern;
import io.conntrack.exporter.terms.LogLevel;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.exporter.terms.Protocols.Protocol;
import io.conntrack.exporter.terms.UsageException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command line and the environment of one start, turned into a {@link Configuration}.
 *
 * <p>Every option can also come from a variable: {@code --listen-port} is {@code
 * CONNTRACK_EXPORTER_LISTEN_PORT}. The command line wins. An empty variable counts as unset. Other
 * variables with that prefix are ignored, and told by {@link #wrongNames}.
 */
public final class Options {
  private static final String VARIABLE_PREFIX = "CONNTRACK_EXPORTER_";

  /**
   * What Kubernetes sets for a service that is named conntrack-exporter, or begins so: {@code
   * CONNTRACK_EXPORTER_SERVICE_HOST}, {@code CONNTRACK_EXPORTER_PORT=tcp://10.96.0.7:9318}, {@code
   * CONNTRACK_EXPORTER_PORT_9318_TCP_ADDR}.
   */
  private static final Pattern OF_KUBERNETES =
      Pattern.compile(
          "(?s)(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_\\d+_(TCP|UDP|SCTP)(_.*)?)=.*"
              + "|(.*_)?PORT=(tcp|udp|sctp)://.*");

  /** Empty for the daemon. */
  private final String command;

  private final List<OptionRow> rows;

  /** What the command line gives them. */
  private final Map<OptionRow, List<String>> given;

  private final Map<String, String> environment;

  /** Of names that are old. */
  private final List<String> renamed;

  private Options(
      String command,
      List<OptionRow> rows,
      Map<OptionRow, List<String>> given,
      RenamedOption.Replaced now) {
    this.command = command;
    this.rows = rows;
    this.given = given;
    this.environment = now.environment();
    this.renamed = now.warnings();
  }

  /** Takes the words apart; values are looked at by {@link #configuration}. */
  public static Options parse(String[] words, Map<String, String> environment)
      throws UsageException {
    return parse(words, environment, RenamedOption.ALL);
  }

  static Options parse(
      String[] words, Map<String, String> environment, List<RenamedOption> renamedOptions)
      throws UsageException {
    RenamedOption.Replaced now = RenamedOption.replace(renamedOptions, words, environment);
    String[] given = now.words().toArray(String[]::new);
    List<OptionRow> rows = OptionTable.rows("");
    Optional<Map<OptionRow, List<String>>> plain = PlainWords.parse(rows, given);
    return plain.isPresent() ? new Options("", rows, plain.get(), now) : parseByPicocli(given, now);
  }

  private static Options parseByPicocli(String[] words, RenamedOption.Replaced now)
      throws UsageException {
    PicocliWords parsed = PicocliWords.parse(words);
    return new Options(parsed.command(), parsed.rows(), parsed.given(), now);
  }

  /** The text of {@code --help}, of the daemon or of the command, at most 80 columns wide. */
  public String help() {
    return PicocliWords.help(command);
  }

  public boolean helpRequested() {
    return isRequested("--help");
  }

  public boolean versionRequested() {
    return isRequested("--version");
  }

  private boolean isRequested(String ending) {
    return given.getOrDefault(row(ending), List.of("")).getLast().equals("true");
  }

  public boolean healthCheckRequested() throws UsageException {
    return value("--health-check", Values::flag);
  }

  public boolean checkRequested() {
    return command.equals(OptionTable.CHECK);
  }

  public boolean topRequested() {
    return command.equals(OptionTable.TOP);
  }

  /** Only where a top is requested. */
  public TopSettings top() throws UsageException {
    return new TopSettings(
        value("--url", TopTable::where),
        value("--password-file", Values::file),
        value("--ca-file", Values::file),
        value("--insecure", Values::flag),
        value("--sort", TopTable::sort),
        value("--reverse", Values::flag),
        value("--limit", TopTable::limit),
        value("--filter", TopTable::filter),
        value("--interval", TopTable::interval),
        value("--once", Values::flag),
        jsonRequested());
  }

  /** Only where a command is requested. */
  public boolean jsonRequested() throws UsageException {
    return value("--json", Values::flag);
  }

  /**
   * Names that should be corrected: old names of options and variables, and {@link
   * #unknownVariables}. Each is a sentence.
   */
  public List<String> wrongNames() {
    return Stream.of(renamed, unknownVariables()).flatMap(List::stream).toList();
  }

  /**
   * Variables that are meant for this program but belong to no option. Each is a sentence, with the
   * nearest variable. Variables of Kubernetes are not among them.
   */
  List<String> unknownVariables() {
    List<String> options =
        Stream.of(OptionTable.rows(""), rows)
            .flatMap(List::stream)
            .filter(row -> !row.isEnding())
            .flatMap(row -> row.names().stream())
            .filter(name -> name.startsWith("--"))
            .distinct()
            .toList();
    Set<String> known = options.stream().map(Options::variable).collect(Collectors.toSet());
    return environment.keySet().stream()
        .filter(name -> name.startsWith(VARIABLE_PREFIX) && !known.contains(name))
        .filter(name -> !environment.get(name).isEmpty() && !isOfKubernetes(name))
        .sorted()
        .map(name -> unknown(name, options))
        .toList();
  }

  /** The options that have another value than their default, as words of a command line. */
  public List<String> changed() {
    List<String> changed = new ArrayList<>();
    for (OptionRow row : rows) {
      if (row.isEnding() || source(row).isEmpty()) {
        continue;
      }
      String text = text(row);
      if (!text.equals(row.defaultValue())) {
        changed.add(text.equals("true") ? row.name() : String.join("=", row.name(), text));
      }
    }
    return changed;
  }

  private boolean isOfKubernetes(String name) {
    String rest = name.substring(VARIABLE_PREFIX.length());
    return OF_KUBERNETES.matcher(rest + "=" + environment.get(name)).matches();
  }

  private static String unknown(String name, List<String> options) {
    String rest = name.substring(VARIABLE_PREFIX.length());
    String option = "--" + rest.toLowerCase(Locale.ROOT).replace('_', '-');
    return name.replaceAll("[^ -~]", "?")
        + " is ignored: no option has this variable"
        + NearestOption.nearest(option, options)
            .map(near -> "; did you mean " + variable(near) + "?")
            .orElse("; --help lists the options");
  }

  /** Checks every value, wherever it came from. */
  public Configuration configuration() throws UsageException {
    return new Configuration(
        listenAddresses(),
        value("--web.systemd-socket", Values::flag),
        value("--listen-path", Values::path),
        value("--once", Values::flag),
        value("--resync-interval", Values::resyncInterval),
        value("--endpoint-retention", Values::endpointRetention),
        maxEndpoints(),
        value("--max-flows", Values::maxFlows),
        value("--protocols", Values::protocols),
        endpoints(),
        value("--sources", Values::sources),
        maxSources(),
        value("--local-ports", Values::localPorts),
        value("--per-cpu", Values::flag),
        !value("--web.disable-exporter-metrics", Values::flag),
        !value("--web.disable-page", Values::flag),
        value("--created-series", Values::flag),
        value("--histograms", Values::histograms),
        events(),
        value("--netlink-buffer", Values::bufferBytes),
        value("--ignore-hosts", HostPattern::list),
        value("--rules", Values::file),
        value("--names", NameSource::list),
        value("--web.config.file", Values::file),
        loggedEvents(),
        value("--netns", NamespacePattern::list),
        value("--web.max-requests", Values::maxRequests),
        logLevel(),
        value("--log.format", Values::logFormat));
  }

  private int maxEndpoints() throws UsageException {
    EndpointOptions endpoints = endpoints();
    boolean named = !value("--names", NameSource::list).isEmpty();
    return value("--max-endpoints", text -> Values.maxEndpoints(text, endpoints, named));
  }

  /** Sources take of the same heap. */
  private int maxSources() throws UsageException {
    boolean counted = value("--sources", Values::sources) != SourceView.NONE;
    boolean named = !value("--names", NameSource::list).isEmpty();
    int room = Values.mostEndpoints(endpoints(), named) - (counted ? maxEndpoints() : 0);
    if (room < 1) {
      throw new UsageException(
          source("--sources").orElseThrow()
              + ": --max-endpoints="
              + maxEndpoints()
              + " leaves no room in the Java heap; make it smaller, or the heap larger with"
              + " JAVA_OPTS=-Xmx256m");
    }
    return value("--max-sources", text -> Values.maxSources(text, room));
  }

  private EndpointOptions endpoints() throws UsageException {
    return new EndpointOptions(
        value("--client-ports", Values::flag),
        value("--direction-label", Values::flag),
        value("--protocols", Values::protocols).size() > 1,
        value("--zones", Values::flag),
        value("--nat", Values::natView),
        tcpStates(),
        value("--accounting", Values::flag),
        value("--histograms", Values::histograms) != HistogramForm.NONE);
  }

  private boolean tcpStates() throws UsageException {
    boolean raw = value("--states", Values::rawStates);
    if (raw && !value("--protocols", Values::protocols).equals(Set.of(Protocol.TCP))) {
      throw new UsageException(
          source("--states").orElseThrow()
              + "=raw: cannot be combined with other protocols than tcp, as "
              + source("--protocols").orElseThrow()
              + " asks for");
    }
    return raw;
  }

  private boolean events() throws UsageException {
    boolean off = value("--no-events", Values::flag);
    if (off && value("--log-events", Values::flag)) {
      refuseTogether("--log-events", "--no-events", "");
    }
    return !off;
  }

  private LoggedEvents loggedEvents() throws UsageException {
    EventLogFormat format = value("--log-events-format", Values::eventLogFormat);
    return new LoggedEvents(
        value("--log-events", Values::flag) ? format : EventLogFormat.NONE,
        value("--log-events-types", Values::eventTypes),
        value("--log-events-sample", Values::sampleOf));
  }

  private LogLevel logLevel() throws UsageException {
    LogLevel level = value("--log.level", Values::logLevel);
    return value("--debug", Values::flag) ? LogLevel.DEBUG : level;
  }

  private List<InetSocketAddress> listenAddresses() throws UsageException {
    String all = "--web.listen-address";
    for (String one : List.of("--bind-address", "--listen-port")) {
      refuseTogether(one, all, ", which has its place");
    }
    if (source(all).isPresent()) {
      return value(all, Values::listenAddresses);
    }
    int port = value("--listen-port", Values::port);
    InetSocketAddress one = value("--bind-address", host -> Values.listenAddress(host, port));
    return List.of(one);
  }

  /** Names both as they were given: as options or as variables. */
  private void refuseTogether(String option, String other, String why) throws UsageException {
    Optional<String> source = source(option);
    Optional<String> otherSource = source(other);
    if (source.isPresent() && otherSource.isPresent()) {
      throw new UsageException(
          source.get() + ": cannot be combined with " + otherSource.get() + why);
    }
  }

  /** Where the option is given: its name, or that of its variable. */
  private Optional<String> source(String option) {
    return source(row(option));
  }

  private Optional<String> source(OptionRow row) {
    return given.containsKey(row) ? Optional.of(row.name()) : variable(row);
  }

  private OptionRow row(String option) {
    for (OptionRow row : rows) {
      if (row.names().contains(option)) {
        return row;
      }
    }
    throw new AssertionError(option);
  }

  private <T> T value(String option, Function<String, T> parser) throws UsageException {
    // A default may be refused too: a small heap has no room for it.
    return value(source(option).orElse(option), text(row(option)), parser);
  }

  /** What the option is given, on the command line or else by its variable. */
  private String text(OptionRow row) {
    List<String> words = given.get(row);
    if (words != null) {
      return row.kind() == OptionRow.Kind.LIST ? String.join(",", words) : words.getLast();
    }
    Optional<String> variable = variable(row);
    return variable.isPresent() ? environment.get(variable.get()).strip() : row.defaultValue();
  }

  private static <T> T value(String source, String text, Function<String, T> parser)
      throws UsageException {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new UsageException(source + "=" + text + ": must be " + e.getMessage());
    }
  }

  /** The variable that sets the option, if one does. */
  private Optional<String> variable(OptionRow row) {
    return row.names().stream()
        .filter(name -> name.startsWith("--"))
        .map(Options::variable)
        .filter(name -> !environment.getOrDefault(name, "").isBlank())
        .findFirst();
  }

  static String variable(String option) {
    String words = option.substring(2).replace('-', '_').replace('.', '_');
    return VARIABLE_PREFIX + words.toUpperCase(Locale.ROOT);
  }
}
