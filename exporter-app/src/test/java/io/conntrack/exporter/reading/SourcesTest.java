package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.snapshot.Snapshot;
import io.conntrack.aggregator.state.Outcome;
import io.conntrack.aggregator.state.Traffic;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.ConntrackEntry;
import io.conntrack.testbed.ConntrackTable;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.RoutedHosts;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A router with source NAT, fifty clients behind it, and three servers. What conntrack(8) lists of
 * the router's table is the witness: its entries by original source.
 */
@KernelTest
class SourcesTest {
  private static final int CLIENTS = 50;
  private static final int PORT = 8080;
  private static final List<String> SERVERS = List.of("10.78.0.2", "10.78.0.3", "10.78.0.4");
  private static final String SCANNER = client(0);
  private static final String FLOODER = client(1);
  private static final String IDLE = client(2);
  private static final Pattern BYTES = Pattern.compile("bytes=(\\d+)");

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, ServerSocket> servers = new TreeMap<>();
  private RoutedHosts hosts;

  private static String client(int number) {
    return "10.77.0." + (100 + number);
  }

  @BeforeEach
  void start() throws IOException {
    hosts = RoutedHosts.create();
    for (int i = 0; i < CLIENTS; i++) {
      addAddress(hosts.client(), RoutedHosts.CLIENT_IPV4, client(i) + "/24");
    }
    addAddress(hosts.client(), RoutedHosts.CLIENT_IPV4, "fd77::100/64");
    addAddress(hosts.server(), RoutedHosts.SERVER_IPV4, SERVERS.get(1) + "/24");
    addAddress(hosts.server(), RoutedHosts.SERVER_IPV4, SERVERS.get(2) + "/24");
    for (String server : List.of(SERVERS.get(0), SERVERS.get(1), SERVERS.get(2), "fd78::2")) {
      servers.put(server, hosts.server().call(() -> listen(server)));
    }
    hosts
        .server()
        .nft(
            """
            table inet silent {
              chain arriving {
                type filter hook input priority filter
                tcp dport 20000-29999 drop
              }
            }
            """);
    hosts.router().sysctl("net.netfilter.nf_conntrack_acct", 1);
    hosts
        .router()
        .nft(
            """
            table ip hide {
              chain leaving {
                type nat hook postrouting priority srcnat;
                ip saddr 10.77.0.0/24 ip daddr 10.78.0.0/24 masquerade
              }
            }
            """);
  }

  private static void addAddress(Namespace host, String beside, String address) {
    host.sh(
        "ip addr add "
            + address
            + " nodad dev $(ip -o addr | awk '/ "
            + beside
            + "\\//{print $2}')");
  }

  private ServerSocket listen(String address) throws IOException {
    ServerSocket server = new ServerSocket(PORT, 200, InetAddress.ofLiteral(address));
    open.add(server);
    return server;
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    hosts.close();
  }

  /** Opens a connection, whose ends stay open. Returns both. */
  private List<Socket> connect(Namespace from, String source, String server) throws IOException {
    Socket near =
        from.call(() -> {
          Socket socket = new Socket();
          open.add(socket);
          socket.bind(new InetSocketAddress(InetAddress.ofLiteral(source), 0));
          socket.connect(new InetSocketAddress(InetAddress.ofLiteral(server), PORT), 10_000);
          return socket;
        });
    Socket far = servers.get(server).accept();
    open.add(far);
    return List.of(near, far);
  }

  /** Each other client opens one to four connections, and closes the fourth. */
  private void connectAll() throws IOException {
    for (int i = 2; i < CLIENTS; i++) {
      for (int j = 0; j < opened(i); j++) {
        List<Socket> ends = connect(hosts.client(), client(i), SERVERS.get(j % SERVERS.size()));
        if (j == 3) {
          ends.get(0).close();
          ends.get(1).close();
        }
      }
    }
    connect(hosts.router(), RoutedHosts.ROUTER_FAR_IPV4, SERVERS.get(0));
    connect(hosts.router(), RoutedHosts.ROUTER_IPV4, SERVERS.get(1));
  }

  private static int opened(int client) {
    return client == 2 ? 1 : 1 + client % 4;
  }

  /** 5,000 ports: one half refuses, the other one is silent. */
  private void scan() throws IOException {
    hosts
        .client()
        .run(() -> {
          for (int port = 17_500; port < 20_000; port++) {
            assertThat(isRefused(port)).isTrue();
          }
          for (int port = 20_000; port < 22_500; port++) {
            send(SCANNER, new InetSocketAddress(SERVERS.get(1), port));
          }
        });
  }

  private static boolean isRefused(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress(SCANNER, 0));
      socket.connect(new InetSocketAddress(SERVERS.get(0), port), 10_000);
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }

  /** A SYN that nobody answers. */
  private static void send(String source, InetSocketAddress server) throws IOException {
    try (SocketChannel channel = SocketChannel.open()) {
      channel.configureBlocking(false);
      channel.bind(new InetSocketAddress(source, 0));
      channel.connect(server);
    }
  }

  private void flood() throws IOException {
    hosts
        .client()
        .run(() -> {
          for (int i = 0; i < 3_000; i++) {
            send(FLOODER, new InetSocketAddress(SERVERS.get(i % 3), 26_000 + i / 3));
          }
        });
  }

  @Test
  void theTableNamesWhoScansFloodsAndIsIdleAsConntrackListsThem() throws Exception {
    try (RunningReader reader = RunningReader.in(hosts.router(), "--sources", "--accounting")) {
      connectAll();
      scan();
      flood();

      awaitAgreement(reader);
      Map<String, String> sources = reader.sources();
      assertThat(sources)
          .hasSize(CLIENTS + 1)
          .containsEntry(SCANNER, "2500 0 0 0")
          .containsEntry(FLOODER, "3000 0 0 0")
          .containsEntry(IDLE, "0 1 0 0")
          .containsEntry("self", "0 2 0 0");
      Map<String, Long> expected = new TreeMap<>(Map.of("self", 2L, SCANNER, 0L, FLOODER, 0L));
      for (int i = 2; i < CLIENTS; i++) {
        expected.put(client(i), (long) opened(i));
      }
      assertThat(outcomes(reader, Outcome.OPENED)).isEqualTo(expected);
      assertThat(outcomes(reader, Outcome.FAILED_REFUSED)).containsEntry(SCANNER, 2_500L);
      assertSumsAreEqual(reader);
      Await.untilEqual(
          "the bytes of live connections", bytesOf(IDLE), () -> bytes(reader).get(IDLE));

      try (RunningReader late = RunningReader.in(hosts.router(), "--sources")) {
        awaitAgreement(late);
        assertThat(late.sources()).isEqualTo(sources);
      }
      hosts.router().sh("conntrack -D -s " + SCANNER + " -p tcp");
      awaitAgreement(reader);
      assertThat(outcomes(reader, Outcome.FAILED_EVICTED)).containsEntry(SCANNER, 2_500L);
      assertSumsAreEqual(reader);
    }
  }

  @Test
  void withLittleRoomTheRestIsExactInOther() throws Exception {
    try (RunningReader reader = RunningReader.in(hosts.router(), "--sources", "--max-sources=20")) {
      connectAll();
      flood();
      Await.until(
          "all connections to be shown",
          () -> sum(reader.sources()).equals(sum(witnessed())) && isOtherTheRest(reader));
      assertThat(reader.sources()).hasSizeLessThanOrEqualTo(21).containsEntry("self", "0 2 0 0");
      assertSumsAreEqual(reader);
    }
  }

  /** Each source that is shown is whole, and other has what is left. */
  private boolean isOtherTheRest(RunningReader reader) {
    Map<String, String> rest = new TreeMap<>(witnessed());
    Map<String, String> shown = reader.sources();
    boolean whole =
        shown.entrySet().stream()
            .filter(each -> !each.getKey().equals("other"))
            .allMatch(each ->
                each.getValue().equals("0 0 0 0")
                    || each.getValue().equals(rest.remove(each.getKey())));
    return whole && sum(rest).equals(sum(Map.of("other", shown.get("other"))));
  }

  @Test
  void rulesNameJoinAndDropSourcesAndAreReadAgain(@TempDir Path folder) throws Exception {
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(
        rules,
        """
        sources:
          - {network: [10.77.0.102, 10.77.0.103], group: office}
          - {network: 10.77.0.104, action: drop}
        """);
    try (RunningReader reader = RunningReader.in(hosts.router(), "--sources", "--rules=" + rules)) {
      assertThat(reader.sources()).isEqualTo(Map.of("self", "0 0 0 0", "office", "0 0 0 0"));
      for (int i = 2; i < 6; i++) {
        connect(hosts.client(), client(i), SERVERS.get(0));
      }
      Await.untilEqual(
          "the sources",
          Map.of("self", "0 0 0 0", "office", "0 2 0 0", client(5), "0 1 0 0"),
          reader::sources);
      reader.awaitHosts(Map.of("10.78.0.2:8080", "0 4 0 0"));

      Files.writeString(rules, "sources: [{prefix: {ipv4: 30, ipv6: 64}}]");
      Await.untilEqual(
          "the sources without those that are empty",
          Map.of("10.77.0.100/30", "0 2 0 0", "10.77.0.104/30", "0 2 0 0"),
          () -> withoutEmpty(reader.sources()));
    }
  }

  @Test
  void anIpv6SourceIsItsNetworkIfAskedFor() throws Exception {
    try (RunningReader addresses = RunningReader.in(hosts.router(), "--sources");
        RunningReader networks = RunningReader.in(hosts.router(), "--sources=prefix")) {
      connect(hosts.client(), RoutedHosts.CLIENT_IPV6, "fd78::2");
      connect(hosts.client(), "fd77::100", "fd78::2");
      connect(hosts.client(), IDLE, SERVERS.get(0));

      awaitAgreement(addresses);
      Await.untilEqual(
          "the sources",
          Map.of("self", "0 0 0 0", "fd77::/64", "0 2 0 0", IDLE, "0 1 0 0"),
          networks::sources);
    }
  }

  @Test
  void withoutTheOptionThereAreNone() throws Exception {
    try (RunningReader reader = RunningReader.in(hosts.router())) {
      assertThat(reader.observe().connections().sources()).isEmpty();
    }
  }

  private void awaitAgreement(RunningReader reader) {
    Await.until(
        "the sources to be as conntrack lists them",
        () -> Map.of("shown", withoutEmpty(reader.sources()), "listed", witnessed()),
        both -> both.get("shown").equals(both.get("listed")));
  }

  private static Map<String, String> withoutEmpty(Map<String, String> series) {
    return series.entrySet().stream()
        .filter(each -> !each.getValue().equals("0 0 0 0"))
        .collect(
            Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
  }

  /** By original source, the router's own ones together: the table as conntrack(8) lists it. */
  private Map<String, String> witnessed() {
    Set<String> own = Set.of(RoutedHosts.ROUTER_IPV4, RoutedHosts.ROUTER_FAR_IPV4);
    Map<String, int[]> counts = new TreeMap<>();
    ConntrackTable.of(hosts.router())
        .tcp()
        .forEach(entry -> {
          String source = text(entry.original().source());
          counts
              .computeIfAbsent(own.contains(source) ? "self" : source, key -> new int[4])[
              column(entry.state())]++;
        });
    Map<String, String> series = new TreeMap<>();
    counts.forEach((source, four) -> series.put(source, text(four)));
    return series;
  }

  private static String text(InetAddress address) {
    return address.getHostAddress().replaceFirst("^(fd77):0:0:0:0:0:0:", "$1::");
  }

  private static int column(String state) {
    return switch (state) {
      case "SYN_SENT", "SYN_SENT2", "SYN_RECV" -> 0;
      case "ESTABLISHED" -> 1;
      case "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT" -> 2;
      case "CLOSE" -> 3;
      default -> throw new AssertionError(state);
    };
  }

  private static String text(int... four) {
    return four[0] + " " + four[1] + " " + four[2] + " " + four[3];
  }

  private static String sum(Map<String, String> series) {
    int[] sum = new int[4];
    for (String four : series.values()) {
      String[] words = four.split(" ", -1);
      for (int column = 0; column < 4; column++) {
        sum[column] += Integer.parseInt(words[column]);
      }
    }
    return text(sum);
  }

  private static Map<String, Long> outcomes(RunningReader reader, Outcome outcome) {
    Snapshot sources = reader.observe().connections().sources().orElseThrow();
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < sources.endpointCount(); i++) {
      counts.put(sources.labels(i), sources.outcomes(i, outcome));
    }
    return counts;
  }

  private static void assertSumsAreEqual(RunningReader reader) {
    Snapshot endpoints = reader.observe().connections();
    Snapshot sources = endpoints.sources().orElseThrow();
    for (Outcome outcome : Outcome.values()) {
      assertThat(sum(sources, outcome)).as("%s", outcome).isEqualTo(sum(endpoints, outcome));
    }
    assertThat(sources.countedFlows()).isEqualTo(endpoints.countedFlows());
  }

  private static long sum(Snapshot snapshot, Outcome outcome) {
    long sum = 0;
    for (int i = 0; i < snapshot.endpointCount(); i++) {
      sum += snapshot.outcomes(i, outcome);
    }
    return sum;
  }

  /** "sent received", by source. */
  private static Map<String, String> bytes(RunningReader reader) {
    Snapshot sources = reader.observe().connections().sources().orElseThrow();
    Map<String, String> bytes = new TreeMap<>();
    for (int i = 0; sources.hasTraffic() && i < sources.endpointCount(); i++) {
      bytes.put(
          sources.labels(i),
          sources.traffic(i, Traffic.SENT_BYTES)
              + " "
              + sources.traffic(i, Traffic.RECEIVED_BYTES));
    }
    return bytes;
  }

  /** The same of a source's only connection, as conntrack(8) lists it. */
  private String bytesOf(String source) {
    ConntrackEntry only =
        ConntrackTable.of(hosts.router())
            .tcp()
            .filter(entry -> text(entry.original().source()).equals(source))
            .findFirst()
            .orElseThrow();
    List<MatchResult> found = BYTES.matcher(only.line()).results().toList();
    return found.get(0).group(1) + " " + found.get(1).group(1);
  }
}
