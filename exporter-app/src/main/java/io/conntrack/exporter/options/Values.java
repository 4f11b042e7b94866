package io.conntrack.exporter.options;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.LogFormat;
import io.conntrack.exporter.terms.LogLevel;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.exporter.terms.Protocols.Protocol;
import io.conntrack.exporter.terms.WebPaths;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the values of options. If a value is wrong, an {@link IllegalArgumentException} is thrown.
 * Its message says what would be right, and follows the words "must be".
 */
public final class Values {
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]*");

  /**
   * The name of a host: words of letters, digits and hyphens. The last word begins with a letter.
   */
  private static final Pattern HOST_NAME =
      Pattern.compile("(?:[A-Za-z0-9-]{1,63}\\.){0,10}[A-Za-z][A-Za-z0-9-]{0,62}");

  private static final Set<String> TAKEN_PATHS =
      Set.of(
          WebPaths.HEALTHY,
          WebPaths.READY,
          WebPaths.STYLE,
          WebPaths.SCRIPT,
          WebPaths.ENDPOINTS,
          WebPaths.SOURCES);

  /** One of the parts that a duration has; 1h30m has two. */
  private static final Pattern DURATION_PART = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private static final Map<String, Long> DURATION_UNITS_MS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Duration LONGEST = Duration.ofHours(24);
  private static final Duration SHORTEST_RESYNC_INTERVAL = Duration.ofMillis(100);

  private static final Map<String, Protocol> PROTOCOLS =
      Map.of(
          "tcp", Protocol.TCP,
          "udp", Protocol.UDP,
          "sctp", Protocol.SCTP,
          "icmp", Protocol.ICMP);

  private static final Map<String, LoggedEvents.Type> EVENT_TYPES =
      Map.of(
          "new", LoggedEvents.Type.NEW,
          "update", LoggedEvents.Type.UPDATE,
          "destroy", LoggedEvents.Type.DESTROY);

  private static final Pattern SAMPLE = Pattern.compile("1/(\\d{1,9})");
  private static final int LARGEST_SAMPLE = 1_000_000;

  /** As systemd has it, K, M and G are powers of 1024. */
  private static final Pattern SIZE = Pattern.compile("(\\d{1,10})(?:([KMG])(?:iB|i)?)?");

  private static final int MOST_REQUESTS = 10_000;
  private static final int USUAL_LOCAL_PORTS = 1_000;

  /** So that those of one server are a small part of all flows. */
  private static final int LEAST_LOCAL_PORTS = 100;

  private static final Map<String, Long> SIZE_UNITS =
      Map.of("K", 1L << 10, "M", 1L << 20, "G", 1L << 30);
  private static final long SMALLEST_BUFFER_BYTES = 64L << 10;

  /** The kernel cuts a larger request to half of INT_MAX, one byte less than this. */
  private static final long LARGEST_BUFFER_BYTES = 1L << 30;

  /**
   * Of these a label takes at most 104, a snapshot some 35, its order 24, the rows of a scrape some
   * 85, and an answer when packed some 60 (IPv4) to 140 (IPv6). An eighth of the heap is for
   * answers not read yet. Measured with the most that 64 MiB allow, up to 24 scrapes in all formats
   * at once: 10 to 21 MB live after a full collection.
   */
  private static final int HEAP_BYTES_PER_ENDPOINT = 576;

  /** With all labels a label takes at most 80 more, and the rows of a scrape as much. */
  private static final int HEAP_BYTES_PER_WIDE_ENDPOINT = 832;

  /** With every column of both filled; usually an eighth of it. */
  private static final int HEAP_BYTES_OF_HISTOGRAMS = 1024;

  /** A name of the longest where it is kept, and its row in the answers that are under way. */
  private static final int HEAP_BYTES_OF_NAME = 1536;

  private Values() {}

  /** Where to listen: an address in digits, or a name, which is not looked up yet. */
  static InetSocketAddress listenAddress(String host, int port) {
    if (HOST_NAME.matcher(host).matches()) {
      return InetSocketAddress.createUnresolved(host, port);
    }
    return new InetSocketAddress(address(host), port);
  }

  /** An address in digits. Both 0.0.0.0 and :: give the wildcard of both families. */
  private static InetAddress address(String text) {
    try {
      // Without the four numbers 1.2 would be taken as 1.0.0.2.
      require(text.contains(":") || text.matches("\\d+(\\.\\d+){3}"), text, "");
      InetAddress address = InetAddress.ofLiteral(text);
      // The JVM's own wildcard works where the kernel has no IPv6, too.
      return address.isAnyLocalAddress() ? new InetSocketAddress(0).getAddress() : address;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "an address or a name of this host such as 127.0.0.1, ::1, [::] or localhost", e);
    }
  }

  static int port(String text) {
    int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : -1;
    return require(port >= 0 && port <= 65535, port, "a whole number from 0 to 65535");
  }

  static String path(String text) {
    require(
        PATH.matcher(text).matches(),
        text,
        "a path such as /metrics, of / and letters, digits, dots, hyphens, _ and ~");
    return require(
        !TAKEN_PATHS.contains(text), text, "another path: this one tells the exporter's health");
  }

  /** A file's path; empty if there is to be none. */
  static Optional<Path> file(String text) {
    require(text.indexOf('\0') < 0, text, "the path of a file");
    return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
  }

  /** Addresses and ports such as {@code :9318,[::1]:9319}; an address alone is none. */
  static List<InetSocketAddress> listenAddresses(String text) {
    return Arrays.stream(text.split(",", -1)).map(Values::listenAddress).toList();
  }

  private static InetSocketAddress listenAddress(String text) {
    String rule = "[ADDRESS]:PORT such as :9318, 127.0.0.1:9318, [::1]:9318 or localhost:9318";
    int colon = text.lastIndexOf(':');
    require(colon >= 0, text, rule);
    String host = text.substring(0, colon);
    // Without brackets it could not be told where an IPv6 address ends.
    require(!host.contains(":") || (host.startsWith("[") && host.endsWith("]")), text, rule);
    try {
      int port = port(text.substring(colon + 1));
      return listenAddress(host.isEmpty() ? "::" : host, port);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(rule, e);
    }
  }

  static EventLogFormat eventLogFormat(String text) {
    return choice(EventLogFormat.class, text, "netfilter", "json");
  }

  /** Some of them, separated by commas. */
  static Set<LoggedEvents.Type> eventTypes(String text) {
    Set<LoggedEvents.Type> types = EnumSet.noneOf(LoggedEvents.Type.class);
    for (String name : lower(text).split(",", -1)) {
      require(
          EVENT_TYPES.containsKey(name),
          name,
          "one or more of new, update and destroy, separated by commas");
      types.add(EVENT_TYPES.get(name));
    }
    return types;
  }

  /** Of how many flows one is logged. */
  static int sampleOf(String text) {
    Matcher matcher = SAMPLE.matcher(text);
    int flows = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    return require(
        flows >= 1 && flows <= LARGEST_SAMPLE,
        flows,
        "1/N, one flow of N, with N from 1 to " + LARGEST_SAMPLE + ", such as 1/100");
  }

  /** Whether it asks for TCP's own states. */
  static boolean rawStates(String text) {
    String states = lower(text);
    return require(Set.of("four", "raw").contains(states), states, "four or raw").equals("raw");
  }

  /** As a flag too, which asks for native ones. */
  static HistogramForm histograms(String text) {
    return switch (lower(text)) {
      case "false" -> HistogramForm.NONE;
      case "true" -> HistogramForm.NATIVE;
      default -> choice(HistogramForm.class, text, "native", "classic", "both");
    };
  }

  /** The share above which they are shown; 0 if they are not. As a flag too. */
  static int localPorts(String text) {
    String word = lower(text);
    if (word.matches("true|false")) {
      return word.equals("true") ? USUAL_LOCAL_PORTS : 0;
    }
    int ports = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
    return require(
        ports >= LEAST_LOCAL_PORTS && ports <= 65535,
        ports,
        "a whole number from " + LEAST_LOCAL_PORTS + " to 65535, or true or false");
  }

  static NatView natView(String text) {
    return choice(NatView.class, text, "default", "real", "service", "both");
  }

  static LogLevel logLevel(String text) {
    return choice(LogLevel.class, text, "debug", "info", "warn", "error");
  }

  /** Empty if where the log leads decides. */
  static Optional<LogFormat> logFormat(String text) {
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(choice(LogFormat.class, text, "text", "json", "journal"));
  }

  /** One of the names, which are the type's in lower case. */
  private static <E extends Enum<E>> E choice(Class<E> type, String text, String... names) {
    require(List.of(names).contains(lower(text)), text, String.join(" or ", names));
    return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
  }

  /** Some of them, separated by commas. */
  static Set<Protocol> protocols(String text) {
    Set<Protocol> protocols = EnumSet.noneOf(Protocol.class);
    for (String name : lower(text).split(",", -1)) {
      require(
          PROTOCOLS.containsKey(name),
          name,
          "one or more of tcp, udp, sctp and icmp, separated by commas");
      protocols.add(PROTOCOLS.get(name));
    }
    return protocols;
  }

  static boolean flag(String text) {
    return require(lower(text).matches("true|false"), Boolean.parseBoolean(text), "true or false");
  }

  /** Words are taken in any case. */
  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** Empty if nothing is asked for. */
  static Optional<Duration> resyncInterval(String text) {
    String rule = "a time from 100ms to 24h such as 30s, 5m or 1m30s";
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(duration(text, SHORTEST_RESYNC_INTERVAL, rule));
  }

  static Duration endpointRetention(String text) {
    return duration(text, Duration.ZERO, "a time from 0 to 24h such as 30s, 5m or 1m30s");
  }

  /** A sum of parts with units, or 0 without one. */
  static Duration duration(String text, Duration shortest, String rule) {
    require(text.equals("0") || text.matches("(" + DURATION_PART + ")+"), text, rule);
    Duration duration =
        DURATION_PART
            .matcher(text)
            .results()
            .map(Values::part)
            .reduce(Duration.ZERO, Duration::plus);
    return require(
        duration.compareTo(shortest) >= 0 && duration.compareTo(LONGEST) <= 0, duration, rule);
  }

  /** Not by {@code multipliedBy}: that loads BigDecimal, which fills a table for 20 to 90 ms. */
  private static Duration part(MatchResult part) {
    return Duration.ofMillis(number(part.group(1)) * DURATION_UNITS_MS.get(part.group(2)));
  }

  private static long number(String digits) {
    return Long.parseLong(digits);
  }

  /** As many as a scrape has heap for; see {@link #mostEndpoints}. */
  static int maxEndpoints(String text, EndpointOptions options, boolean named) {
    int most = mostEndpoints(options, named);
    String rule =
        "a whole number from 1 to "
            + most
            + ", as the Java heap is; JAVA_OPTS=-Xmx256m makes it larger";
    int endpoints = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    return require(endpoints >= 1 && endpoints <= most, endpoints, rule);
  }

  /** As a flag too, which asks for addresses. */
  static SourceView sources(String text) {
    return switch (lower(text)) {
      case "false" -> SourceView.NONE;
      case "true" -> SourceView.ADDRESS;
      default -> choice(SourceView.class, text, "address", "prefix");
    };
  }

  /** {@code most}: as many as the heap has room for beside endpoints. */
  static int maxSources(String text, int most) {
    int sources = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    return require(
        sources >= 1 && sources <= most,
        sources,
        "a whole number from 1 to "
            + most
            + ", as the Java heap has room beside --max-endpoints; JAVA_OPTS=-Xmx256m makes it"
            + " larger");
  }

  /**
   * How many endpoints the Java heap has room for, with the labels and counts that the options ask
   * for.
   *
   * @param named whether there may be a name for each
   */
  public static int mostEndpoints(EndpointOptions options, boolean named) {
    long bytes = options.isPlain() ? HEAP_BYTES_PER_ENDPOINT : HEAP_BYTES_PER_WIDE_ENDPOINT;
    bytes += options.times() ? HEAP_BYTES_OF_HISTOGRAMS : 0;
    bytes += named ? HEAP_BYTES_OF_NAME : 0;
    return (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / bytes);
  }

  /** 0 for no limit. */
  static int maxRequests(String text) {
    int requests = text.matches("\\d{1,5}") ? Integer.parseInt(text) : -1;
    return require(
        requests >= 0 && requests <= MOST_REQUESTS,
        requests,
        "a whole number from 0 to " + MOST_REQUESTS + "; 0 is no limit");
  }

  /** Empty when it is to follow from the kernel's limit. */
  static OptionalInt maxFlows(String text) {
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    int flows = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    return require(
        flows >= 1 && flows <= FlowLimit.MOST,
        OptionalInt.of(flows),
        "a whole number from 1 to " + FlowLimit.MOST);
  }

  static int bufferBytes(String text) {
    String rule = "a size from 64KiB to 1GiB such as 64MiB or 64M";
    Matcher matcher = SIZE.matcher(text);
    require(matcher.matches(), text, rule);
    long unit = matcher.group(2) == null ? 1 : SIZE_UNITS.get(matcher.group(2));
    long bytes = number(matcher.group(1)) * unit;
    return (int)
        require(bytes >= SMALLEST_BUFFER_BYTES && bytes <= LARGEST_BUFFER_BYTES, bytes, rule)
            .longValue();
  }

  static <T> T require(boolean valid, T value, String rule) {
    if (!valid) {
      throw new IllegalArgumentException(rule);
    }
    return value;
  }
}
