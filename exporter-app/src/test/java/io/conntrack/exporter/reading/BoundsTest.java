package io.conntrack.exporter.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.Await;
import io.conntrack.testbed.FlowWriter;
import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.SyntheticFlow;
import io.conntrack.testbed.Tuple;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is beyond a bound is summed or told, and comes back when there is room. */
@KernelTest
class BoundsTest {
  private static final String HERE = "10.7.0.1";

  @Test
  void theConnectionsOfMoreEndpointsThanAskedForAreSummed() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader = RunningReader.in(namespace, "--max-endpoints=2");
        FlowWriter writer = FlowWriter.in(namespace)) {
      for (int i = 1; i <= 5; i++) {
        writer.create(toServer(i));
      }

      reader.awaitHosts(
          Map.of("10.6.0.1:443", "0 1 0 0", "10.6.0.2:443", "0 1 0 0", "other", "0 3 0 0"));
    }
  }

  @Test
  void anEndpointThatWasSummedIsShownWholeOnceThereIsRoom() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader =
            RunningReader.in(
                namespace,
                "--max-endpoints=1",
                "--endpoint-retention=0s",
                "--resync-interval=500ms");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(toServer(1));
      SyntheticFlow second = SyntheticFlow.of(Tuple.tcp("10.5.0.2", 40000, "10.6.0.2", 443));
      writer.create(toServer(2));
      writer.create(second);
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0", "other", "0 2 0 0"));

      writer.delete(toServer(1));

      reader.awaitHosts(Map.of("10.6.0.2:443", "0 2 0 0"));
      assertThat(reader.statistics().endpoints())
          .isEqualTo(new ReaderStatistics.Endpoints(1, 1, 0));
    }
  }

  @Test
  void anEndpointLeavesForOneThatIsFarHeavierAndSumsStayExact() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader =
            RunningReader.in(namespace, "--max-endpoints=1", "--resync-interval=500ms");
        FlowWriter writer = FlowWriter.in(namespace)) {
      writer.create(toServer(1));
      writer.create(toServer(2));
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 1 0 0", "other", "0 1 0 0"));

      writer.create(IntStream.rangeClosed(1, 1_000).mapToObj(toServer(2)::client));

      reader.awaitHosts(Map.of("10.6.0.1:443", "0 0 0 0", "other", "0 1002 0 0"));
      writer.create(toServer(1).client(1));
      reader.awaitHosts(Map.of("10.6.0.1:443", "0 0 0 0", "other", "0 1003 0 0"));
      assertThat(reader.statistics().endpoints())
          .isEqualTo(new ReaderStatistics.Endpoints(1, 0, 1));
    }
  }

  @Test
  void clientsDoNotUseUpTheHalfThatIsForServers() throws Exception {
    try (Namespace namespace = Namespace.create()) {
      namespace.sh("ip address add " + HERE + "/32 dev lo");
      try (RunningReader reader = RunningReader.in(namespace, "--max-endpoints=4");
          FlowWriter writer = FlowWriter.in(namespace)) {
        for (int i = 1; i <= 4; i++) {
          writer.create(SyntheticFlow.of(Tuple.tcp("10.5.0." + i, 40000, HERE, 80)));
        }
        writer.create(SyntheticFlow.of(Tuple.tcp(HERE, 40000, "10.6.0.1", 443)));

        // Admitted while other holds flows, the server is shown from the next resync on.
        reader.awaitHosts(
            Map.of(
                "10.5.0.1", "0 1 0 0",
                "10.5.0.2", "0 1 0 0",
                "10.6.0.1:443", "0 1 0 0",
                "other", "0 2 0 0"));
      }
    }
  }

  @Test
  void flowsBeyondTheBoundAreInNoGaugeButToldAndComeBackWhenThereIsRoom() throws Exception {
    try (Namespace namespace = Namespace.create();
        RunningReader reader =
            RunningReader.in(namespace, "--max-flows=3", "--resync-interval=500ms");
        FlowWriter writer = FlowWriter.in(namespace)) {
      for (int i = 1; i <= 5; i++) {
        writer.create(toServer(i));
      }
      Await.untilEqual("flows untracked", 2L, () -> untracked(reader));
      assertThat(reader.observe().connections().countedFlows()).isEqualTo(3);

      writer.delete(toServer(1));
      writer.delete(toServer(2));

      Await.untilEqual("flows untracked", 0L, () -> untracked(reader));
      assertThat(reader.observe().connections().countedFlows()).isEqualTo(3);
      assertThat(reader.hosts()).containsEntry("10.6.0.5:443", "0 1 0 0");
    }
  }

  private static long untracked(RunningReader reader) {
    return reader.observe().connections().untrackedFlows();
  }

  private static SyntheticFlow toServer(int number) {
    return SyntheticFlow.of(Tuple.tcp("10.5.0.1", 40000, "10.6.0." + number, 443));
  }
}
