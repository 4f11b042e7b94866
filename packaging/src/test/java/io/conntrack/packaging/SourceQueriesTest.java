package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.RoutedHosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Traffic;
import io.conntrack.testbed.Tuple;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The queries by source of docs/queries.md name who is to be named: on a router, by Prometheus. */
@KernelTest
final class SourceQueriesTest {
  private static final String OPENS = "# Who opens the most connections?";
  private static final String FAILS = "# Who scans, or calls what is not there?";
  private static final String FILLS = "# Who fills the kernel's table?";
  private static final String TENTH = "> 0.1";

  /** Of a large table so many are filled, and the query asks for their share. */
  private static final int MOST_FILLED = 10_000;

  private static final String GREEDY = "10.88.0.9";
  private static final SyntheticFlow OF_GREEDY =
      SyntheticFlow.of(Tuple.tcp(GREEDY, 10_000, "10.88.1.40", 9092));

  @TempDir private Path folder;
  private final Map<String, String> queries = Docs.queriesBySource();
  private RoutedHosts hosts;
  private Traffic fromClient;
  private Traffic fromServer;
  private Prometheus prometheus;

  @BeforeAll
  static void requirePrometheus() {
    Prometheus.require();
  }

  @BeforeEach
  void create() {
    hosts = RoutedHosts.create();
    fromClient = Traffic.in(hosts.client());
    fromServer = Traffic.in(hosts.server());
  }

  @AfterEach
  void close() {
    fromClient.close();
    fromServer.close();
    hosts.close();
  }

  @Test
  void eachNamesItsSourceAndNoOther() throws Exception {
    assertThat(queries).containsOnlyKeys(OPENS, FAILS, FILLS);
    try (Program program =
        Launch.in(hosts.router()).serve("--sources", "--ignore-hosts=127.0.0.1")) {
      prometheus = Prometheus.start(hosts.router(), folder, List.of(program.port()));
      ServerSocket server = fromServer.listen(RoutedHosts.SERVER_IPV4, 8080);
      fromClient.connect(server);
      fromServer.connectRefused(RoutedHosts.CLIENT_IPV4, 1);
      prometheus.awaitValue("sum(conntrack_source_opened_total)", "1");
      prometheus.awaitValue("sum(conntrack_source_failed_total)", "1");
      expectNothing(OPENS, FAILS, FILLS);

      for (int i = 0; i < 20; i++) {
        fromClient.connect(server);
      }
      for (int port = 2; port < 202; port++) {
        fromServer.connectRefused(RoutedHosts.CLIENT_IPV4, port);
      }
      expect(OPENS, "{source=\"" + RoutedHosts.CLIENT_IPV4 + "\"}");
      expect(FAILS, "{reason=\"refused\",source=\"" + RoutedHosts.SERVER_IPV4 + "\"}");
      expectNothing(FILLS);

      fillTable();
      expect(
          FILLS,
          "{instance=\"" + Prometheus.instance(program.port()) + "\",source=\"" + GREEDY + "\"}");
    }
  }

  private void fillTable() {
    int limit = Integer.parseInt(hosts.router().sysctl("net.netfilter.nf_conntrack_max"));
    int share = Math.min(limit / 10, MOST_FILLED);
    queries.compute(
        FILLS,
        (question, query) -> {
          assertThat(query).endsWith(TENTH);
          return query.replace(TENTH, "> " + (double) share / limit);
        });
    try (FlowWriter writer = FlowWriter.in(hosts.router())) {
      writer.create(IntStream.rangeClosed(0, share).mapToObj(OF_GREEDY::client));
    }
  }

  private void expect(String question, String... series) {
    prometheus.awaitSeries(queries.get(question), series);
  }

  private void expectNothing(String... questions) {
    for (String question : questions) {
      assertThat(prometheus.ask(queries.get(question), Instant.now())).as(question).isEmpty();
    }
  }
}
