package io.conntrack.exporter.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conntrack.aggregator.remote.EndpointOptions;
import io.conntrack.aggregator.remote.IgnoredHosts;
import io.conntrack.aggregator.remote.NatView;
import io.conntrack.aggregator.remote.SourceView;
import io.conntrack.exporter.live.LiveQuery;
import io.conntrack.exporter.live.LiveSubject;
import io.conntrack.exporter.terms.EventLogFormat;
import io.conntrack.exporter.terms.HistogramForm;
import io.conntrack.exporter.terms.LogFormat;
import io.conntrack.exporter.terms.LogLevel;
import io.conntrack.exporter.terms.LoggedEvents;
import io.conntrack.exporter.terms.NameSource;
import io.conntrack.exporter.terms.NamespacePattern;
import io.conntrack.exporter.terms.Protocols.Protocol;
import io.conntrack.exporter.terms.UsageException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {

  private static Configuration configuration(Map<String, String> environment, String... words)
      throws UsageException {
    return Options.parse(words, environment).configuration();
  }

  private static Configuration configuration(String... words) throws UsageException {
    return configuration(Map.of(), words);
  }

  @Test
  void withoutOptionsEverythingHasItsDefault() throws UsageException {
    assertThat(configuration())
        .isEqualTo(
            new Configuration(
                List.of(new InetSocketAddress(9318)),
                false,
                "/metrics",
                false,
                Optional.empty(),
                Duration.ofMinutes(5),
                10_000,
                OptionalInt.empty(),
                Set.of(Protocol.TCP),
                EndpointOptions.HOST_ALONE,
                SourceView.NONE,
                1_000,
                0,
                false,
                true,
                true,
                false,
                HistogramForm.NONE,
                true,
                64 << 20,
                IgnoredHosts.NONE,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                LoggedEvents.NONE,
                List.of(),
                0,
                LogLevel.INFO,
                Optional.empty()));
  }

  @Test
  void eachOptionSetsItsValue() throws UsageException {
    assertThat(
            configuration(
                "--bind-address=::1",
                "--listen-port=0",
                "--web.systemd-socket",
                "--listen-path=/conntrack",
                "--once",
                "--resync-interval=500ms",
                "--endpoint-retention=0s",
                "--max-endpoints=500",
                "--max-flows=70000",
                "--client-ports",
                "--protocols=icmp,udp,icmp",
                "--direction-label",
                "--zones",
                "--nat=both",
                "--sources=Prefix",
                "--max-sources=50",
                "--local-ports=500",
                "--per-cpu",
                "--web.disable-exporter-metrics",
                "--web.disable-page",
                "--created-series",
                "--histograms=both",
                "--rules=rules.yaml",
                "--web.config.file=web.yml",
                "--netlink-buffer=1GiB",
                "--log-events",
                "--names=hosts,/etc/names",
                "--names=dns",
                "--log-events-format=json",
                "--log-events-types=destroy,NEW",
                "--log-events-sample=1/50",
                "--netns=/run/netns/*",
                "--netns=web=/proc/1/ns/net",
                "--web.max-requests=40",
                "--log.format=Journal",
                "--debug"))
        .isEqualTo(
            new Configuration(
                List.of(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0)),
                true,
                "/conntrack",
                true,
                Optional.of(Duration.ofMillis(500)),
                Duration.ZERO,
                500,
                OptionalInt.of(70_000),
                Set.of(Protocol.UDP, Protocol.ICMP),
                new EndpointOptions(true, true, true, true, NatView.BOTH, false, false, true),
                SourceView.PREFIX,
                50,
                500,
                true,
                false,
                false,
                true,
                HistogramForm.BOTH,
                true,
                1 << 30,
                IgnoredHosts.NONE,
                Optional.of(Path.of("rules.yaml")),
                List.of(
                    NameSource.HOSTS, new NameSource(Path.of("/etc/names"), false), NameSource.DNS),
                Optional.of(Path.of("web.yml")),
                new LoggedEvents(
                    EventLogFormat.JSON,
                    Set.of(LoggedEvents.Type.NEW, LoggedEvents.Type.DESTROY),
                    50),
                List.of(
                    new NamespacePattern(Path.of("/run/netns"), "*", ""),
                    new NamespacePattern(Path.of("/proc/1/ns"), "net", "web")),
                40,
                LogLevel.DEBUG,
                Optional.of(LogFormat.JOURNAL)));
  }

  @Test
  void histogramsAreNativeUnlessToldOtherwise() throws UsageException {
    assertThat(configuration("--histograms").histograms()).isEqualTo(HistogramForm.NATIVE);
    assertThat(configuration("--histograms=true").endpoints().times()).isTrue();
    assertThat(configuration("--histograms=Classic").histograms()).isEqualTo(HistogramForm.CLASSIC);
    assertThat(configuration("--histograms=classic").endpoints().times()).isTrue();
    assertThat(configuration("--histograms=false").endpoints().times()).isFalse();
  }

  @Test
  void localPortsAreThoseAboveAThousandUnlessToldOtherwise() throws UsageException {
    assertThat(configuration().localPorts()).isZero();
    assertThat(configuration("--local-ports").localPorts()).isEqualTo(1_000);
    assertThat(configuration("--local-ports=True").localPorts()).isEqualTo(1_000);
    assertThat(configuration("--local-ports=100").localPorts()).isEqualTo(100);
    assertThat(configuration("--local-ports=65535").localPorts()).isEqualTo(65_535);
    assertThat(configuration("--local-ports=false").localPorts()).isZero();
  }

  @Test
  void shortNamesMeanWhatLongNamesMean() throws UsageException {
    assertThat(configuration("-b", "127.0.0.1", "-l9101", "-p", "/m"))
        .isEqualTo(
            configuration("--bind-address=127.0.0.1", "--listen-port=9101", "--listen-path=/m"));
  }

  @Test
  void prometheusOwnSpellingWorksAndItsAddressCanBeRepeated() throws UsageException {
    assertThat(configuration("--web.listen-address=:9101", "--web.listen-address", "[::1]:9102"))
        .isEqualTo(configuration("--web.listen-address=:9101,[::1]:9102"))
        .extracting(Configuration::listenAddresses)
        .isEqualTo(
            List.of(
                new InetSocketAddress(9101),
                new InetSocketAddress(InetAddress.ofLiteral("::1"), 9102)));
    assertThat(configuration("--web.telemetry-path=/m", "--log.level=error"))
        .isEqualTo(configuration(Map.of("CONNTRACK_EXPORTER_LOG_LEVEL", "error"), "-p/m"));
  }

  @Test
  void tcpsOwnStatesAreThoseOfTcpAlone() throws UsageException {
    assertThat(configuration("--states=raw").endpoints().tcpStates()).isTrue();
    assertThatThrownBy(() -> configuration("--states=raw", "--protocols=tcp,udp"))
        .hasMessage(
            "--states=raw: cannot be combined with other protocols than tcp, as --protocols asks for");
  }

  @Test
  void whatConnectionsCarryIsCountedWhereItIsAskedFor() throws UsageException {
    assertThat(configuration().endpoints().traffic()).isFalse();
    assertThat(configuration("--accounting").endpoints().traffic()).isTrue();
    assertThat(configuration(Map.of("CONNTRACK_EXPORTER_ACCOUNTING", "true")))
        .isEqualTo(configuration("--accounting"));
  }

  @Test
  void bothSpellingsOfTheAddressAtOnceAreRefused() {
    assertThatThrownBy(() -> configuration("--web.listen-address=:1", "-l2"))
        .hasMessage(
            "--listen-port: cannot be combined with --web.listen-address, which has its place");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "many", "-1", "999999999"})
  void moreEndpointsThanTheHeapHoldsOrNoneAreRefusedWithTheRemedy(String number) {
    assertThatThrownBy(() -> configuration("--max-endpoints=" + number))
        .hasMessageStartingWith("--max-endpoints=" + number + ": must be a whole number from 1 to ")
        .hasMessageEndingWith(", as the Java heap is; JAVA_OPTS=-Xmx256m makes it larger");
  }

  @Test
  void sourcesAreAddressesUnlessToldOtherwise() throws UsageException {
    assertThat(configuration("--sources").sources()).isEqualTo(SourceView.ADDRESS);
    assertThat(configuration("--sources=true").sources()).isEqualTo(SourceView.ADDRESS);
    assertThat(configuration("--sources=PREFIX").sources()).isEqualTo(SourceView.PREFIX);
    assertThat(configuration("--sources", "--sources=false")).isEqualTo(configuration());
    assertThatThrownBy(() -> configuration("--sources=all"))
        .hasMessage("--sources=all: must be address or prefix");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "many", "-1", "999999999"})
  void moreSourcesThanTheHeapHoldsOrNoneAreRefusedWithTheRemedy(String number) {
    for (String sources : List.of("--sources", "--sources=false")) {
      assertThatThrownBy(() -> configuration(sources, "--max-sources=" + number))
          .hasMessageStartingWith("--max-sources=" + number + ": must be a whole number from 1 to ")
          .hasMessageEndingWith(
              ", as the Java heap has room beside --max-endpoints; JAVA_OPTS=-Xmx256m makes it"
                  + " larger");
    }
  }

  @Test
  void endpointsThatLeaveNoRoomForSourcesAreRefusedWithThemAndSoIsADefault() throws UsageException {
    int most = Values.mostEndpoints(EndpointOptions.HOST_ALONE, false);
    String all = "--max-endpoints=" + most;
    assertThat(configuration(all).maxEndpoints()).isEqualTo(most);
    assertThatThrownBy(() -> configuration("--sources", all))
        .hasMessage(
            "--sources: "
                + all
                + " leaves no room in the Java heap; make it smaller, or the heap larger with"
                + " JAVA_OPTS=-Xmx256m");
    String few = "--max-endpoints=" + (most - 10);
    assertThatThrownBy(() -> configuration("--sources", few))
        .hasMessageStartingWith("--max-sources=1000: must be a whole number from 1 to 10, as the");
    assertThat(configuration("--sources", few, "--max-sources=10").maxSources()).isEqualTo(10);
  }

  @Test
  void sourcesTakeOfTheRoomForOtherNamespaces() throws UsageException {
    int most = Values.mostEndpoints(EndpointOptions.HOST_ALONE, false);
    assertThat(configuration("--max-endpoints=100").mostOtherNamespaces())
        .isEqualTo(most / 100 - 1);
    assertThat(
            configuration("--max-endpoints=100", "--sources", "--max-sources=300")
                .mostOtherNamespaces())
        .isEqualTo(most / 400 - 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "many", "-1", "100000001", "9999999999"})
  void flowsThatCannotBeTrackedOrNoneAreRefused(String number) {
    assertThatThrownBy(() -> configuration("--max-flows=" + number))
        .hasMessage("--max-flows=" + number + ": must be a whole number from 1 to 100000000");
  }

  @Test
  void eventsThatAreNotListenedToCannotBeLogged() throws UsageException {
    assertThat(configuration("--no-events").events()).isFalse();
    assertThatThrownBy(() -> configuration("--no-events", "-e"))
        .hasMessage("--log-events: cannot be combined with --no-events");
  }

  @Test
  void theFormatOfTheEventLogAloneLogsNothing() throws UsageException {
    assertThat(configuration("-f", "json")).isEqualTo(configuration());
    assertThat(configuration("-e").loggedEvents().format()).isEqualTo(EventLogFormat.NETFILTER);
    assertThat(configuration("-ef", "json").loggedEvents().format()).isEqualTo(EventLogFormat.JSON);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "[::]"})
  void everyWildcardMeansAllAddressesOfBothFamilies(String wildcard) throws UsageException {
    assertThat(configuration("--bind-address=" + wildcard)).isEqualTo(configuration());
  }

  @ParameterizedTest
  @CsvSource({
    "BIND_ADDRESS, 127.0.0.1, --bind-address",
    "LISTEN_PORT, 9101, --listen-port",
    "LISTEN_PATH, /m, --listen-path",
    "ONCE, true, --once",
    "RESYNC_INTERVAL, 5m, --resync-interval",
    "ENDPOINT_RETENTION, 1h, --endpoint-retention",
    "MAX_ENDPOINTS, 7, --max-endpoints",
    "SOURCES, prefix, --sources",
    "MAX_SOURCES, 7, --max-sources",
    "CLIENT_PORTS, true, --client-ports",
    "LOCAL_PORTS, 500, --local-ports",
    "PER_CPU, true, --per-cpu",
    "RULES, rules.yaml, --rules",
    "WEB_CONFIG_FILE, web.yml, --web.config.file",
    "NO_EVENTS, true, --no-events",
    "NETLINK_BUFFER, 512KiB, --netlink-buffer",
    "LOG_EVENTS, true, --log-events",
    "DEBUG, true, --debug",
    "LOG_LEVEL, warn, --log.level",
    "LOG_FORMAT, json, --log.format",
    "WEB_MAX_REQUESTS, 7, --web.max-requests",
    "WEB_TELEMETRY_PATH, /m, --web.telemetry-path",
    "WEB_LISTEN_ADDRESS, '127.0.0.1:9101,[::1]:9102', --web.listen-address"
  })
  void eachOptionCanComeFromItsVariable(String variable, String value, String option)
      throws UsageException {
    assertThat(configuration(Map.of("CONNTRACK_EXPORTER_" + variable, value)))
        .isEqualTo(configuration(option + "=" + value))
        .isNotEqualTo(configuration());
  }

  @Test
  void theCommandLineWinsOverTheEnvironment() throws UsageException {
    Map<String, String> environment =
        Map.of(
            "CONNTRACK_EXPORTER_LISTEN_PORT", "no number",
            "CONNTRACK_EXPORTER_CLIENT_PORTS", "true");
    assertThat(configuration(environment, "--listen-port=9318", "--client-ports=false"))
        .isEqualTo(configuration());
  }

  @Test
  void aLaterOptionWinsOverAnEarlierOne() throws UsageException {
    assertThat(configuration("--listen-port=1", "--listen-port=2"))
        .isEqualTo(configuration("--listen-port=2"));
  }

  @ParameterizedTest
  @CsvSource({
    "--endpoint-retention=0, --endpoint-retention=0s",
    "--endpoint-retention=1m30s, --endpoint-retention=90s",
    "--endpoint-retention=1d, --endpoint-retention=24h",
    "--resync-interval=1s500ms, --resync-interval=1500ms",
    "--netlink-buffer=64M, --netlink-buffer=64MiB",
    "--netlink-buffer=512Ki, --netlink-buffer=524288",
    "--netlink-buffer=1G, --netlink-buffer=1073741824",
    "--log.level=WARN, --log.level=warn",
    "--log.format=JSON, --log.format=json",
    "--nat=Both, --nat=both",
    "--protocols=TCP, --protocols=tcp",
    "--states=RAW, --states=raw",
    "--client-ports=TRUE, --client-ports=true",
    "--log-events-format=JSON, --log-events-format=json"
  })
  void aValueCanBeSpeltInSeveralWays(String one, String other) throws UsageException {
    assertThat(configuration("-e", one)).isEqualTo(configuration("-e", other));
  }

  @Test
  void aNameOfThisHostIsAnAddressToListenOn() throws UsageException {
    InetSocketAddress localhost = InetSocketAddress.createUnresolved("localhost", 9101);
    assertThat(configuration("--web.listen-address=localhost:9101").listenAddresses())
        .containsExactly(localhost);
    assertThat(configuration("-b", "localhost", "-l9101").listenAddresses())
        .containsExactly(localhost);
  }

  @Test
  void aVariableMayHaveBlanksAroundItAndWordsInAnyCase() throws UsageException {
    assertThat(configuration(Map.of("CONNTRACK_EXPORTER_CLIENT_PORTS", " TRUE\n")))
        .isEqualTo(configuration("--client-ports"));
    assertThat(configuration(Map.of("CONNTRACK_EXPORTER_LISTEN_PORT", "  ")))
        .isEqualTo(configuration());
  }

  @Test
  void whatCannotBeCombinedIsNamedAsItWasGiven() {
    assertThatThrownBy(() ->
            configuration(
                Map.of("CONNTRACK_EXPORTER_LISTEN_PORT", "9101"), "--web.listen-address=:9102"))
        .hasMessage(
            "CONNTRACK_EXPORTER_LISTEN_PORT: cannot be combined with --web.listen-address, which"
                + " has its place");
    assertThatThrownBy(
            () -> configuration(Map.of("CONNTRACK_EXPORTER_NO_EVENTS", "true"), "--log-events"))
        .hasMessage("--log-events: cannot be combined with CONNTRACK_EXPORTER_NO_EVENTS");
  }

  @Test
  void theLogIsToldWhichOptionsDifferFromTheirDefault() throws UsageException {
    Map<String, String> environment =
        Map.of("CONNTRACK_EXPORTER_ZONES", "true", "CONNTRACK_EXPORTER_LISTEN_PORT", "9318");
    String[] words = {
      "-i10.0.0.1",
      "--netns=/a",
      "--netns=/b",
      "--per-cpu=false",
      "--histograms",
      "--log.level=info"
    };
    assertThat(Options.parse(words, environment).changed())
        .containsExactlyInAnyOrder(
            "--ignore-hosts=10.0.0.1", "--netns=/a,/b", "--zones", "--histograms=native");
    assertThat(Options.parse(new String[0], Map.of()).changed()).isEmpty();
  }

  @Test
  void anEmptyVariableIsUnset() throws UsageException {
    assertThat(configuration(Map.of("CONNTRACK_EXPORTER_LISTEN_PORT", "")))
        .isEqualTo(configuration());
  }

  @Test
  void variablesThatKubernetesSetsForAServiceAreLeftAlone() throws UsageException {
    Map<String, String> environment =
        Map.of(
            "CONNTRACK_EXPORTER_PORT", "tcp://10.96.0.7:9318",
            "CONNTRACK_EXPORTER_PORT_9318_TCP", "tcp://10.96.0.7:9318",
            "CONNTRACK_EXPORTER_PORT_9318_TCP_ADDR", "10.96.0.7",
            "CONNTRACK_EXPORTER_SERVICE_HOST", "10.96.0.7",
            "CONNTRACK_EXPORTER_SERVICE_PORT", "9318",
            "CONNTRACK_EXPORTER_SERVICE_PORT_METRICS", "9318",
            "CONNTRACK_EXPORTER_BLUE_SERVICE_HOST", "10.96.0.8");
    assertThat(configuration(environment)).isEqualTo(configuration());
    assertThat(unknownVariables(environment)).isEmpty();
  }

  private static List<String> unknownVariables(Map<String, String> environment)
      throws UsageException {
    return Options.parse(new String[0], environment).unknownVariables();
  }

  @ParameterizedTest
  @CsvSource({
    "LISTEN_PORTS, LISTEN_PORT",
    "PORT, LISTEN_PORT",
    "WEB_LISTEN_ADRESS, WEB_LISTEN_ADDRESS",
    "NO_EVENT, NO_EVENTS",
    "RULE, RULES"
  })
  void aVariableThatNoOptionHasIsToldWithTheNearestOne(String given, String nearest)
      throws UsageException {
    assertThat(unknownVariables(Map.of("CONNTRACK_EXPORTER_" + given, "1")))
        .containsExactly(
            "CONNTRACK_EXPORTER_"
                + given
                + " is ignored: no option has this variable; did you mean CONNTRACK_EXPORTER_"
                + nearest
                + "?");
  }

  @Test
  void otherVariablesAreNotToldOf() throws UsageException {
    Map<String, String> environment =
        Map.of(
            "CONNTRACK_EXPORTER_LISTEN_PORT", "9101",
            "CONNTRACK_EXPORTER_HISTOGRAMS", "true",
            "CONNTRACK_EXPORTER_EMPTY", "",
            "PORT", "1");
    assertThat(unknownVariables(environment)).isEmpty();
    assertThat(unknownVariables(Map.of("CONNTRACK_EXPORTER_\nQQQQ", "1")))
        .containsExactly(
            "CONNTRACK_EXPORTER_?QQQQ is ignored: no option has this variable; --help"
                + " lists the options");
  }

  @ParameterizedTest
  @CsvSource({
    "/run/netns/blue, blue",
    "/proc/4711/ns/net, pid-4711",
    "/proc/4711/task/4712/ns/net, pid-4712",
    "web 1=/proc/4711/ns/net, web 1",
    "a=b=/run/netns/blue, a=b",
    "/run/netns/a=/blue, blue"
  })
  void aNamespaceIsNamedByTheOptionOrByItsPath(String text, String name) throws UsageException {
    NamespacePattern pattern = configuration("--netns=" + text).netns().getFirst();
    assertThat(pattern).hasToString(text);
    assertThat(pattern.label(pattern.folder().resolve(pattern.name()))).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"=/run/netns/blue", "web=/run/netns/*", "a\"b=/run/netns/a", "web=blue"})
  void aNameIsForOnePathAndNeedsNoEscaping(String text) {
    assertThatThrownBy(() -> configuration("--netns=" + text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("or a name of 1 to 64 characters and a path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--log-events-format=xml | --log-events-format=xml: must be netfilter or json",
        "--names=dsn | --names=dsn: must be hosts, dns or the path of a file with a / in it such as"
            + " /etc/conntrack/names or ./names; a comma separates several",
        "--log-events-types=new,end | --log-events-types=new,end: must be one or more of new, update"
            + " and destroy, separated by commas",
        "--log-events-types= | --log-events-types=: must be one or more of new, update"
            + " and destroy, separated by commas",
        "--log-events-sample=1/0 | --log-events-sample=1/0: must be 1/N, one flow of N, with N from"
            + " 1 to 1000000, such as 1/100",
        "--log-events-sample=0.01 | --log-events-sample=0.01: must be 1/N, one flow of N, with N"
            + " from 1 to 1000000, such as 1/100",
        "--log-events-sample=1/1000001 | --log-events-sample=1/1000001: must be 1/N, one flow of N,"
            + " with N from 1 to 1000000, such as 1/100",
        "--protocols=tcp,gre | --protocols=tcp,gre: must be one or more of tcp, udp, sctp and icmp,"
            + " separated by commas",
        "--protocols= | --protocols=: must be one or more of tcp, udp, sctp and icmp, separated by"
            + " commas",
        "--local-ports=99 | --local-ports=99: must be a whole number from 100 to 65535, or true or"
            + " false",
        "--local-ports=65536 | --local-ports=65536: must be a whole number from 100 to 65535, or"
            + " true or false",
        "--local-ports=1e3 | --local-ports=1e3: must be a whole number from 100 to 65535, or true"
            + " or false",
        "--states=five | --states=five: must be four or raw",
        "--nat=none | --nat=none: must be default or real or service or both",
        "--log.format=xml | --log.format=xml: must be text or json or journal",
        "--web.max-requests=many | --web.max-requests=many: must be a whole number from 0 to 10000;"
            + " 0 is no limit",
        "--web.max-requests=10001 | --web.max-requests=10001: must be a whole number from 0 to"
            + " 10000; 0 is no limit",
        "--log.level=trace | --log.level=trace: must be debug or info or warn or error",
        "--web.listen-address=9101 | --web.listen-address=9101: must be [ADDRESS]:PORT such as"
            + " :9318, 127.0.0.1:9318, [::1]:9318 or localhost:9318",
        "--web.listen-address=::1:9101 | --web.listen-address=::1:9101: must be [ADDRESS]:PORT"
            + " such as :9318, 127.0.0.1:9318, [::1]:9318 or localhost:9318",
        "--ignore-hosts=db.example | --ignore-hosts=db.example: must be addresses such as"
            + " 10.0.1.5, 10.0.1.5:3306, 10.0.0.0/8 or [2001:db8::/32]:443, separated by commas;"
            + " 'db.example' is none",
        "--listen-port=65536 | --listen-port=65536: must be a whole number from 0 to 65535",
        "--listen-port=-1 | --listen-port=-1: must be a whole number from 0 to 65535",
        "-l99999 | --listen-port=99999: must be a whole number from 0 to 65535",
        "--listen-port= | --listen-port=: must be a whole number from 0 to 65535",
        "--listen-port | --listen-port: needs a value, as in --listen-port=PORT",
        "--bind-address=local_host | --bind-address=local_host: must be an address or a name of"
            + " this host such as 127.0.0.1, ::1, [::] or localhost",
        "--bind-address=1.2 | --bind-address=1.2: must be an address or a name of this host"
            + " such as 127.0.0.1, ::1, [::] or localhost",
        "--listen-path=metrics | --listen-path=metrics: must be a path such as /metrics, of / and"
            + " letters, digits, dots, hyphens, _ and ~",
        "--listen-path=/-/ready | --listen-path=/-/ready: must be another path: this one"
            + " tells the exporter's health",
        "--resync-interval=30 | --resync-interval=30: must be a time from 100ms to 24h such as 30s,"
            + " 5m or 1m30s",
        "--resync-interval=99ms | --resync-interval=99ms: must be a time from 100ms to 24h such as"
            + " 30s, 5m or 1m30s",
        "--endpoint-retention=25h | --endpoint-retention=25h: must be a time from 0 to 24h such as"
            + " 30s, 5m or 1m30s",
        "--netlink-buffer=65535 | --netlink-buffer=65535: must be a size from 64KiB to 1GiB such as"
            + " 64MiB or 64M",
        "--netlink-buffer=64MB | --netlink-buffer=64MB: must be a size from 64KiB to 1GiB such as"
            + " 64MiB or 64M",
        "--netlink-buffer=9999999999GiB | --netlink-buffer=9999999999GiB: must be a size from 64KiB"
            + " to 1GiB such as 64MiB or 64M",
        "--once=maybe | --once=maybe: must be true or false",
      })
  void aBadValueIsToldWithItsOptionAndTheRange(String word, String message) {
    assertThatThrownBy(() -> configuration(word))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }

  @Test
  void aBadValueOfAVariableIsToldWithTheVariable() {
    assertThatThrownBy(() -> configuration(Map.of("CONNTRACK_EXPORTER_CLIENT_PORTS", "yes")))
        .isInstanceOf(UsageException.class)
        .hasMessage("CONNTRACK_EXPORTER_CLIENT_PORTS=yes: must be true or false");
  }

  @Test
  void aCheckTakesTheOptionsAndVariablesOfTheDaemon() throws UsageException {
    Map<String, String> environment = Map.of("CONNTRACK_EXPORTER_NO_EVENTS", "true");
    String[] words = {"check", "--listen-port=9101", "--netlink-buffer=1GiB", "--json"};
    Options check = Options.parse(words, environment);
    assertThat(check.checkRequested()).isTrue();
    assertThat(check.jsonRequested()).isTrue();
    assertThat(check.configuration())
        .isEqualTo(configuration("--listen-port=9101", "--netlink-buffer=1GiB", "--no-events"));
    assertThat(Options.parse(new String[] {"check"}, Map.of()).jsonRequested()).isFalse();
    assertThat(Options.parse(new String[] {"--once"}, Map.of()).checkRequested()).isFalse();
  }

  @Test
  void aTopTakesItsOwnOptionsAndThoseOfTheDaemon() throws UsageException {
    Map<String, String> environment = Map.of("CONNTRACK_EXPORTER_URL", "http://db1:9318");
    String[] words = {"top", "--once", "--sort=OPEN", "--limit=7", "--interval=1m", "--accounting"};
    Options top = Options.parse(words, environment);
    assertThat(top.topRequested()).isTrue();
    assertThat(top.top())
        .isEqualTo(
            new TopSettings(
                new TopSettings.Where(Optional.of(URI.create("http://db1:9318")), false),
                Optional.empty(),
                Optional.empty(),
                false,
                "open",
                false,
                7,
                "",
                Duration.ofMinutes(1),
                true,
                false));
    assertThat(top.configuration().endpoints().traffic()).isTrue();
    assertThat(Options.parse(new String[] {"top", "--url=none"}, environment).top().where())
        .isEqualTo(new TopSettings.Where(Optional.empty(), true));
    assertThat(Options.parse(new String[] {"check"}, Map.of()).topRequested()).isFalse();
    assertThat(top.help()).contains("--password-file=FILE", "--accounting").doesNotContain("-e,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--url=db1 | --url=db1: must be http://HOST:PORT or https://HOST:PORT such as",
        "--url=ftp://db1 | --url=ftp://db1: must be http://HOST:PORT or https",
        "--url=http://db1:99999 | --url=http://db1:99999: must be",
        "--url=http://db1/?a | --url=http://db1/?a: must be",
        "--sort=hosts | --sort=hosts: must be one of host, opening, open, closing",
        "--limit=0 | --limit=0: must be a whole number from 1 to 1000",
        "--limit=1001 | --limit=1001: must be a whole number from 1 to 1000",
        "--interval=1s | --interval=1s: must be a time from 2s to 24h such as",
        "--insecure=x | --insecure=x: must be true or false",
        "--flter=x | unknown option --flter=x; did you mean --filter?",
      })
  void aBadOptionOfTopIsNamed(String word, String message) {
    assertThatThrownBy(() -> Options.parse(new String[] {"top", word}, Map.of()).top())
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(message);
  }

  /** The data of the page is asked for by these names. */
  @Test
  void aTopSortsByAllColumnsOfThePage() throws UsageException {
    for (String column : TopSettings.SORTS) {
      LiveQuery query =
          LiveQuery.of(
              LiveSubject.ENDPOINTS,
              name -> name.equals("sort") ? List.of(column) : List.<String>of());
      String asked = query.toString().toLowerCase(Locale.ROOT).replace("sort=who", "sort=host");
      assertThat(asked).contains("sort=" + column + ",");
    }
    assertThatThrownBy(() -> LiveQuery.of(LiveSubject.ENDPOINTS, name -> List.of("?")))
        .satisfies(refused -> assertThat(refused.getMessage().split(", ", -1)).hasSize(11));
    assertThat(TopSettings.SORTS).hasSize(11);
  }

  @Test
  void anOptionBeforeTheCommandIsRefused() {
    assertThatThrownBy(() -> configuration("--once", "check"))
        .isInstanceOf(UsageException.class)
        .hasMessage("--once: must come after check, as in 'check --once'");
    assertThatThrownBy(() -> configuration("check", "--listen-port=x"))
        .hasMessage("--listen-port=x: must be a whole number from 0 to 65535");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chek | only options are taken, not the word chek; did you mean check?",
        "--check | unknown option --check; did you mean check?",
        "--json | unknown option --json",
        "--listen-prot=5 | unknown option --listen-prot=5; did you mean --listen-port?",
        "--clientports | unknown option --clientports; did you mean --client-ports?",
        "--port=5 | unknown option --port=5; did you mean --listen-port?",
        "--retention=5m | unknown option --retention=5m; did you mean --endpoint-retention?",
        "--flush | unknown option --flush",
        "-x | unknown option -x",
        "stray | only options are taken, not the word stray",
        "once | only options are taken, not the word once; did you mean --once?",
        "@file | only options are taken, not the word @file",
      })
  void anUnknownWordIsToldWithTheNearestOption(String word, String message) {
    assertThatThrownBy(() -> configuration(word))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }
}
