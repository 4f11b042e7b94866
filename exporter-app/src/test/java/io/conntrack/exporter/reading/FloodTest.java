package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.aggregator.state.Outcome;
import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.TcpState;
import io.conntrack.testbed.Tuple;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A flood of SYNs with forged sources: 20,000 a second for ten seconds, each from another. */
@KernelTest
class FloodTest {
  private static final int A_SECOND = 20_000;
  private static final int SECONDS = 10;
  private static final String HERE = "10.77.0.2";

  @Test
  void forgedClientsHaveNoSeriesAndRealOnesHaveTheirsTheNewOnesToo() throws Exception {
    SyntheticFlow real = from("10.8.0.1").state(TcpState.ESTABLISHED);
    SyntheticFlow late = from("10.8.0.2").state(TcpState.SYN_SENT);
    try (Namespace namespace = Namespace.create()) {
      namespace.sh("ip addr add " + HERE + "/24 dev lo");
      try (RunningReader reader = RunningReader.in(namespace);
          FlowWriter writer = FlowWriter.in(namespace)) {
        writer.create(real);
        for (int second = 0; second < SECONDS; second++) {
          long beginNs = System.nanoTime();
          writer.create(flood(second));
          if (second == SECONDS / 2) {
            writer.create(late);
            writer.update(late.state(TcpState.ESTABLISHED));
            Await.until(
                "series of a client that begins to talk in the flood",
                Duration.ofSeconds(15),
                reader::hosts,
                hosts -> "0 1 0 0".equals(hosts.get("10.8.0.2")));
          }
          assertThat(reader.hosts().keySet())
              .as("series in the flood")
              .isSubsetOf("10.8.0.1", "10.8.0.2", "other");
          writer.delete(flood(second));
          rest(beginNs);
        }

        reader.awaitHosts(Map.of("10.8.0.1", "0 1 0 0", "10.8.0.2", "0 1 0 0", "other", "0 0 0 0"));
        reader.awaitOutcomes("other", Map.of(Outcome.FAILED_EVICTED, (long) A_SECOND * SECONDS));
        assertThat(reader.statistics().events().overruns()).isZero();
      }
    }
  }

  private static void rest(long sinceNs) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(sinceNs + TimeUnit.SECONDS.toNanos(1) - System.nanoTime());
  }

  private static Stream<SyntheticFlow> flood(int second) {
    return IntStream.range(second * A_SECOND, (second + 1) * A_SECOND)
        .mapToObj(i -> from("11.%d.%d.%d".formatted(i >> 16, i >> 8 & 0xff, i & 0xff)))
        .map(flow -> flow.state(TcpState.SYN_SENT));
  }

  private static SyntheticFlow from(String client) {
    return SyntheticFlow.of(Tuple.tcp(client, 40000, HERE, 443));
  }
}
