package io.conntrack.exporter.reading;

import static io.conntrack.testbed.RoutedHosts.ROUTER_FAR_IPV4;
import static io.conntrack.testbed.RoutedHosts.ROUTER_IPV4;
import static io.conntrack.testbed.RoutedHosts.SERVER_IPV4;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.Traffic;
import java.io.ByteArrayOutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Which address is shown of a server behind NAT.
 *
 * <p>The server is dialled by its own address, and by three others: the client translates one, the
 * router another and an address of its own. The router hides the client behind its own address.
 */
@KernelTest
class NatTest {
  private static final String SERVER = SERVER_IPV4 + ":8080";
  private static final String BY_CLIENT = "10.79.0.1:80";
  private static final String BY_ROUTER = "10.79.0.2:80";
  private static final String ROUTER = ROUTER_IPV4 + ":80";

  private RoutedHosts hosts;
  private Traffic fromClient;
  private Traffic fromServer;

  @BeforeEach
  void start() {
    hosts = RoutedHosts.create();
    fromClient = Traffic.in(hosts.client());
    fromServer = Traffic.in(hosts.server());
    hosts.forwardPort(80, 8080);
    hosts.client().nft(translation("output", "10.79.0.1"));
    hosts.router().nft(translation("prerouting", "10.79.0.2"));
    hosts
        .router()
        .nft(
            """
            table ip hide {
              chain leaving {
                type nat hook postrouting priority srcnat;
                ip daddr %s masquerade
              }
            }
            """
                .formatted(SERVER_IPV4));
  }

  private static String translation(String hook, String from) {
    return """
    table ip translate {
      chain dialled {
        type nat hook %s priority -100;
        ip daddr %s tcp dport 80 dnat to %s
      }
    }
    """
        .formatted(hook, from, SERVER);
  }

  @AfterEach
  void stop() {
    fromClient.close();
    fromServer.close();
    hosts.close();
  }

  private void connectByAllAddresses() throws Exception {
    ServerSocket server = fromServer.listen(SERVER_IPV4, 8080);
    fromClient.connect(SERVER_IPV4, 8080, server);
    fromClient.connect("10.79.0.1", 80, server);
    fromClient.connect("10.79.0.2", 80, server);
    fromClient.connect(ROUTER_IPV4, 80, server);
  }

  @Test
  void theHostThatDialsKnowsTheRealServerOnlyWhereItTranslatesItself() throws Exception {
    try (RunningReader byDefault = RunningReader.in(hosts.client());
        RunningReader real = RunningReader.in(hosts.client(), "--nat=real");
        RunningReader service = RunningReader.in(hosts.client(), "--nat=service");
        RunningReader both = RunningReader.in(hosts.client(), "--nat=both")) {
      connectByAllAddresses();

      Map<String, String> dialled =
          Map.of(SERVER, "0 1 0 0", BY_CLIENT, "0 1 0 0", BY_ROUTER, "0 1 0 0", ROUTER, "0 1 0 0");
      byDefault.awaitHosts(dialled);
      service.awaitHosts(dialled);
      real.awaitHosts(Map.of(SERVER, "0 2 0 0", BY_ROUTER, "0 1 0 0", ROUTER, "0 1 0 0"));
      both.awaitHosts(
          Map.of(
              SERVER + " " + SERVER, "0 1 0 0",
              SERVER + " " + BY_CLIENT, "0 1 0 0",
              BY_ROUTER + " " + BY_ROUTER, "0 1 0 0",
              ROUTER + " " + ROUTER, "0 1 0 0"));
    }
  }

  @Test
  void theHostThatForwardsKnowsWhatWasDialledAndTheRealServer() throws Exception {
    try (RunningReader byDefault = RunningReader.in(hosts.router(), "--direction-label");
        RunningReader real = RunningReader.in(hosts.router(), "--nat=real", "--direction-label");
        RunningReader service = RunningReader.in(hosts.router(), "--nat=service");
        RunningReader both = RunningReader.in(hosts.router(), "--nat=both")) {
      connectByAllAddresses();

      byDefault.awaitHosts(
          Map.of(
              "forwarded " + SERVER, "0 3 0 0",
              "inbound " + RoutedHosts.CLIENT_IPV4, "0 1 0 0"));
      real.awaitHosts(Map.of("forwarded " + SERVER, "0 4 0 0"));
      service.awaitHosts(Map.of(SERVER, "0 2 0 0", BY_ROUTER, "0 1 0 0", ROUTER, "0 1 0 0"));
      both.awaitHosts(
          Map.of(
              SERVER + " " + SERVER, "0 2 0 0",
              SERVER + " " + BY_ROUTER, "0 1 0 0",
              SERVER + " " + ROUTER, "0 1 0 0"));
    }
  }

  @Test
  void theServerSeesWhoTheRouterSaysItIs() throws Exception {
    try (RunningReader byDefault = RunningReader.in(hosts.server());
        RunningReader both = RunningReader.in(hosts.server(), "--nat=both")) {
      connectByAllAddresses();

      byDefault.awaitHosts(Map.of(ROUTER_FAR_IPV4, "0 4 0 0"));
      both.awaitHosts(Map.of(ROUTER_FAR_IPV4, "0 4 0 0"));
    }
  }

  @Test
  void theEventLogAndTheHostsToIgnoreFollowWhatIsShown() throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (RunningReader real =
            RunningReader.in(
                hosts.client(),
                log,
                "--nat=real",
                "--log-events",
                "--log-events-format=json",
                "--ignore-hosts=" + ROUTER);
        RunningReader ignoring =
            RunningReader.in(hosts.client(), "--nat=real", "--ignore-hosts=" + SERVER)) {
      connectByAllAddresses();

      ignoring.awaitHosts(Map.of(BY_ROUTER, "0 1 0 0", ROUTER, "0 1 0 0"));
      real.awaitHosts(Map.of(SERVER, "0 2 0 0", BY_ROUTER, "0 1 0 0"));
      Await.until(
          "the log to tell of a connection to " + BY_CLIENT,
          () -> log.toString(StandardCharsets.UTF_8),
          text -> text.lines().anyMatch(NatTest::tellsTheRealServer));
    }
  }

  private static boolean tellsTheRealServer(String line) {
    return line.contains("\"original_destination_host\":\"" + BY_CLIENT + "\"")
        && line.contains("\"remote_host\":\"" + SERVER + "\"");
  }
}
