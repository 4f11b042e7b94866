package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Connection;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SideBySide;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page as an operator meets it: of a host where nothing is tracked, on a quiet day, while
 * servers fail, and of 10,000 endpoints. Pictures go into {@code target/page}; those of the manual
 * are made anew by {@code -Dpictures=../docs/images}, and then made small by pngquant and optipng.
 */
@KernelTest
final class PagePicturesTest {
  private static final Path PICTURES = Path.of(System.getProperty("pictures", "target/page"));
  private static final int ENDPOINTS = 10_000;

  /** Of work before the pictures: those of the manual show a line of some minutes. */
  private static final int SECONDS = System.getProperty("pictures") == null ? 6 : 150;

  /** Of the host beside that of the exporter: two databases, two services and a cache. */
  private static final List<String> SERVERS =
      List.of(
          "10.0.1.5:3306", "10.0.1.6:3306", "10.0.1.12:8080", "10.0.1.13:8080", "10.0.2.4:6379");

  @TempDir private Path folder;

  @BeforeAll
  static void requireChromium() {
    Browser.require();
  }

  private static void open(Browser browser, Program program, String query) {
    browser.size(1280, 800);
    browser.open("http://127.0.0.1:" + program.port() + "/" + query);
  }

  /** Without the branch and the revision of who makes it. */
  private static void picture(Browser browser, String name) {
    browser.run(
        "{ const version = document.querySelector('footer dd');"
            + " version.textContent = version.textContent.replace(/ \\(.*/, ''); }");
    browser.picture(PICTURES.resolve(name + ".png"));
  }

  @Test
  @SideBySide
  void whereNothingIsTrackedThePageSaysSoAndWhy() {
    try (Namespace host = Namespace.create();
        Program program = Launch.in(host).serve();
        Browser browser = Browser.start(host, folder)) {
      open(browser, program, "");
      browser.await("document.querySelector('#health .bad') !== null");
      assertThat(browser.evaluate("document.querySelector('#health').innerText"))
          .contains("The kernel tracks no connection in this network namespace.", "nft 'table");
      browser.await("document.querySelector('#rows').innerText === 'No endpoint yet.'");
      assertThat(browser.violations()).isEmpty();
      picture(browser, "untracked");
    }
  }

  @Test
  @SideBySide
  void ofManyEndpointsTheFirstAreShownAndTheOthersFound() {
    try (Namespace host = Namespace.create();
        FlowWriter writer = FlowWriter.in(host)) {
      host.sh("ip address add 10.0.0.1/32 dev lo");
      writer.create(IntStream.range(0, ENDPOINTS).boxed().flatMap(PagePicturesTest::flows));
      try (Program program = Launch.in(host).serve();
          Browser browser = Browser.start(host, folder)) {
        open(browser, program, "?sort=open");
        browser.await("document.querySelectorAll('#rows svg').length === 50");
        assertThat(browser.evaluate("document.querySelector('#status').textContent"))
            .startsWith("50 of 10,000 endpoints");
        browser.await("document.querySelector('#status').textContent === '50 of 10,000 endpoints'");
        picture(browser, "many");
        browser.type("filter", "10.128.39.15:");
        browser.await("document.querySelectorAll('#rows tr').length === 1");
        assertThat(browser.evaluate("document.querySelector('#rows th').textContent"))
            .isEqualTo("10.128.39.15:443");
      }
    }
  }

  /** The first endpoints have more connections than the others. */
  private static Stream<SyntheticFlow> flows(int endpoint) {
    String remote = "10.128.%d.%d".formatted(endpoint / 256, endpoint % 256);
    return IntStream.range(0, Math.max(1, 60 - endpoint))
        .mapToObj(i -> SyntheticFlow.of(Tuple.tcp("10.0.0.1", 20_000 + i, remote, 443)));
  }

  @Test
  @SideBySide
  void whatFailsStandsFirstAlsoBySourceOnAPhoneAndInTheDark() throws Exception {
    try (Hosts hosts = Hosts.create();
        Traffic clients = Traffic.in(hosts.a());
        Traffic others = Traffic.in(hosts.b())) {
      hosts.a().sysctl("net.netfilter.nf_conntrack_acct", 1);
      hosts.a().sysctl("net.netfilter.nf_conntrack_timestamp", 1);
      hosts.a().sysctl("net.netfilter.nf_conntrack_tcp_timeout_syn_sent", 1);
      hosts.a().sh("ip route add 10.0.0.0/16 via " + Hosts.B_IPV4);
      try (Program program =
              Launch.in(hosts.a())
                  .serve("--accounting", "--histograms", "--sources", "--ignore-hosts=127.0.0.1");
          Browser browser = Browser.start(hosts.a(), folder)) {
        List<ServerSocket> servers = listen(hosts, others);
        quietDay(clients, servers);
        bySource(hosts, clients, others);
        open(browser, program, "?sort=open");
        browser.await("document.querySelectorAll('#rows svg').length >= 6");
        browser.await("document.querySelector('th[data-column=sent]') !== null"); // it reloads
        work(clients, servers);
        picture(browser, "idle");
        browser.run("document.querySelector('th[data-column=failed] a').click()");
        failUntil("document.querySelectorAll('tr.failing').length >= 2", browser, clients, others);
        picture(browser, "incident");
        browser.colours("dark");
        picture(browser, "dark");
        browser.colours("light");
        browser.size(390, 800);
        picture(browser, "phone");
        open(browser, program, "?show=sources&sort=open");
        browser.await("document.querySelectorAll('#rows svg').length >= 4");
        failUntil("document.querySelector('tr.failing') !== null", browser, clients, others);
        picture(browser, "sources");
      }
    }
  }

  private static List<ServerSocket> listen(Hosts hosts, Traffic others) throws IOException {
    List<ServerSocket> servers = new ArrayList<>();
    for (String server : SERVERS) {
      String[] parts = server.split(":", -1);
      hosts.b().sh("ip address add %s/32 dev lo 2>/dev/null || true".formatted(parts[0]));
      servers.add(others.listen(parts[0], Integer.parseInt(parts[1])));
    }
    hosts.b().sh("ip address add 10.0.3.7/32 dev lo");
    return servers;
  }

  private static void quietDay(Traffic clients, List<ServerSocket> servers) throws IOException {
    int connections = 24;
    for (ServerSocket server : servers) {
      for (int i = 0; i < connections; i++) {
        send(clients.connect(server), 4_000);
      }
      connections /= 2;
    }
  }

  /** Connections that came in, from three addresses of the other host. */
  private static void bySource(Hosts hosts, Traffic clients, Traffic others) throws IOException {
    ServerSocket web = clients.listen(Hosts.A_IPV4, 443);
    for (int source = 1; source <= 3; source++) {
      String address = "10.0.9.1" + source;
      hosts.b().sh("ip address add %s/32 dev lo".formatted(address));
      hosts
          .b()
          .sh(
              "dev=$(ip -o route get %1$s | sed 's/.* dev //; s/ .*//'); ip route replace %1$s dev $dev src %2$s"
                  .formatted(Hosts.A_IPV4, address));
      for (int i = 0; i < 9 - 2 * source; i++) {
        send(others.connect(web), 1_500);
      }
    }
  }

  /** A request and an answer. What nobody reads would make the kernel reset the connection. */
  private static void send(Connection connection, int bytes) throws IOException {
    connection.client().getOutputStream().write(new byte[bytes / 10]);
    connection.server().getInputStream().readNBytes(bytes / 10);
    connection.server().getOutputStream().write(new byte[bytes]);
    connection.client().getInputStream().readNBytes(bytes);
  }

  /** Short connections, one a second to each server, and some that stay. */
  private static void work(Traffic clients, List<ServerSocket> servers) throws Exception {
    for (int second = 0; second < SECONDS; second++) {
      for (ServerSocket server : servers) {
        try (Connection connection = clients.connect(server)) {
          send(connection, 20_000);
        }
      }
      if (second % 8 < 5) {
        clients.connect(servers.get(second % 3));
      }
      Thread.sleep(1_000);
    }
  }

  /** The page shows rates, so connections fail for as long as it takes to show them. */
  private static void failUntil(String shown, Browser browser, Traffic clients, Traffic others)
      throws Exception {
    others.dropRequests(443);
    int rounds = 0;
    do {
      clients.connectRefused("10.0.1.12", 8081);
      clients.connectRefused("10.0.1.12", 8081);
      clients.connectUnanswered("10.0.3.7", 443).close();
      Thread.sleep(500);
    } while (++rounds < 120 && !browser.evaluate(shown).equals("true"));
    others.dropNoMore();
    browser.await(shown);
  }
}
