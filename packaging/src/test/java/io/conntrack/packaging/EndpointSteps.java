package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.Hosts;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** More endpoints come than are to be shown: the others are summed, and sums stay exact. */
final class EndpointSteps {
  private static final int ENDPOINTS = 500;
  private static final int SHOWN = 100;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Of outbound endpoints. */
  private static final int FIRST_PORT = 1000;

  private EndpointSteps() {}

  static void run(ChaosReport report, Scale scale) throws Exception {
    int flows = scale.flows();
    try (ChaosHosts hosts = new ChaosHosts();
        Trial trial =
            Trial.start(hosts, report, "--max-endpoints=" + SHOWN, "--resync-interval=2s")) {
      trial.step(
          ENDPOINTS + " clients where " + SHOWN + " endpoints are shown",
          () -> hosts.writer.create(inbound(flows)));
      awaitOutboundShown(trial, 0);
      trial.step("as many outbound endpoints come", () -> hosts.writer.create(outbound(flows)));
      awaitOutboundShown(trial, SHOWN / 2);
      trial.step(
          "half of the outbound ones go",
          () -> hosts.writer.delete(outbound(flows).filter(EndpointSteps::isOfFirstHalf)));
      awaitOutboundShown(trial, SHOWN / 2);
      trial.step(
          "all go, all come again",
          () -> {
            hosts.a().sh("conntrack -F");
            hosts.writer.create(Stream.concat(inbound(flows), outbound(flows)));
          });
      awaitOutboundShown(trial, SHOWN / 2);
    }
  }

  private static boolean isOfFirstHalf(SyntheticFlow flow) {
    return flow.original().destinationPort() < FIRST_PORT + ENDPOINTS / 2;
  }

  /**
   * Clients leave the others their half, who are shown once a whole resync has asked all flows; and
   * the bound holds. Of those shown only clients have no port.
   */
  private static void awaitOutboundShown(Trial trial, int atLeast) {
    Set<String> shown =
        Await.until(
            "outbound endpoints shown, atLeast=" + atLeast,
            LIMIT,
            () -> trial.program().awaitScrape().hosts().keySet(),
            hosts -> hosts.stream().filter(host -> host.contains(":")).count() >= atLeast);
    assertThat(shown).contains("other").hasSizeLessThanOrEqualTo(SHOWN + 1);
  }

  private static Stream<SyntheticFlow> outbound(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> {
          int port = FIRST_PORT + i % ENDPOINTS;
          return Tuple.tcp(Hosts.A_IPV4, 10_000 + i / ENDPOINTS, "203.0.113.1", port);
        })
        .map(SyntheticFlow::of);
  }

  private static Stream<SyntheticFlow> inbound(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> {
          String client = "10.9." + i % ENDPOINTS / 250 + "." + i % 250;
          return Tuple.tcp(client, 10_000 + i / ENDPOINTS, Hosts.A_IPV4, 443);
        })
        .map(SyntheticFlow::of);
  }
}
